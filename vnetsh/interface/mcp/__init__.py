"""`vnetsh mcp`: what a program that speaks the Model Context Protocol, an assistant say, may see and do here."""
