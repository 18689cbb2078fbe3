# The word boundaries are compared with those of the library itself.
set(extra part::unistring)
