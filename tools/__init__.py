"""What keeps the texts true and is no part of the project: the reference of the site, the examples, the pictures."""
