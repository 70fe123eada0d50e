"""Rule packs as files that people edit: their schema, their history, their words, new rules in them."""
