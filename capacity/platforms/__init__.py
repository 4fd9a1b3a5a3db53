"""One file a platform. A module here that has `OFFERS` is found by the registry; nothing else needs to know it."""
