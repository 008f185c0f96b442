"""The grammar of the language, as data for Lark (`vnet.lark`)."""
