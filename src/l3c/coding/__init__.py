"""From mixtures of logistics to integer frequencies, and from frequencies to bytes; for the codec and for anybody."""

from l3c.coding.library import decode, decode_mixture, encode, encode_mixture, integer_cdf

__all__ = ["decode", "decode_mixture", "encode", "encode_mixture", "integer_cdf"]
