"""JPEG files kept whole: what they say of themselves, and their transcoding by libjxl (the extra `jpeg`)."""
