"""Where a packet goes in OVN, and why it stops: `ovn-trace` is asked, and told in the words of the sentences."""
