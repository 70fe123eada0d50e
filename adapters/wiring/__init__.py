"""The composition root: the only package, beside the commands, that names every concrete part."""
