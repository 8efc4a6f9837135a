"""What the artist sees: panels and menus only draw, from properties."""
