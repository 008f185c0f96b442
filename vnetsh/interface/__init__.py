"""What people see and type: the command line, the shell, plans and reports as text and JSON."""
