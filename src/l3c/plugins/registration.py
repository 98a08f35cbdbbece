"""Make l3c known to Pillow and imageio. Nothing of them is imported before."""

from __future__ import annotations


def register_pillow() -> None:
    """Let Pillow open and save `.l3c`: `Image.open("x.l3c")`, `im.save("x.l3c")`. Registering twice does no harm.

    >>> import l3c
    >>> l3c.register_pillow()
    """
    from l3c.plugins.pillow_plugin import register

    register()


def register_imageio() -> None:
    """Let imageio read and write `.l3c`: `iio.imread("x.l3c")`, `iio.imwrite("x.l3c", array)`.

    >>> import l3c
    >>> l3c.register_imageio()
    """
    from l3c.plugins.imageio_plugin import register

    register()
