"""Who steps many environments, behind one contract. Importing it loads nothing."""
