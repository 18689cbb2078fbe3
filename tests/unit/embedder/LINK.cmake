set(extra part::jansson)
