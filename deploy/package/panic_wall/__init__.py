"""PANIC! as an installed package: `product/` holds the whole of it, so that nothing else is put beside
the packages of others. `panic` is the command."""
