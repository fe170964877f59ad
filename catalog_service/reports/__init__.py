"""What the products add up to. Query.txt asks most of it of a MySQL client, and tests hold the two equal."""
