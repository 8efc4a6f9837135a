"""How the generator of poses for words is made and measured."""
