"""Pages, one module each: made by the server, complete without JavaScript or network."""
