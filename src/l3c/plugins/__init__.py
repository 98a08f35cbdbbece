"""l3c in other libraries: numcodecs, zarr, imageio. Each module is loaded by the library, or by a call, alone."""
