"""What moves with an uplink, from `ip`'s own words."""

from vnetsh.hosts.transport import Completed
from vnetsh_ovs.uplink.addresses import Addresses, Move, batch, move, staying
from vnetsh_ovs.uplink.resolving import moving, read_names


def address(local, prefixlen, family="inet", scope="global", **more):
    return {"family": family, "local": local, "prefixlen": prefixlen, "scope": scope, **more}


def host(*addresses, routes4=(), routes6=(), rules4=(), rules6=()):
    links = [{"ifname": "eth0", "addr_info": list(addresses)}]
    return Addresses(links, {4: routes4, 6: routes6}, {4: rules4, 6: rules6})


ONE = address("192.0.2.1", 24)
TWO = address("192.0.2.2", 24, secondary=True)
SIX = address("2001:db8::1", 64, "inet6")


def added_routes(found):
    return [line for line in move(found, "eth0", "br0").arrive if " route append " in line]


def test_nothing_moves_without_addresses():
    link_local = address("fe80::1", 64, "inet6", "link")
    assert move(host(link_local, routes4=["default dev eth0 scope link"]), "eth0", "br0") == Move()


def test_secondary_addresses_leave_first_and_come_last():
    found = move(host(ONE, TWO), "eth0", "br0")
    assert found.leave == ("-4 addr del 192.0.2.2/24 dev eth0", "-4 addr del 192.0.2.1/24 dev eth0")
    assert found.arrive == ("-4 addr add 192.0.2.1/24 dev br0", "-4 addr add 192.0.2.2/24 dev br0")


def test_a_new_ipv6_address_becomes_the_first():
    found = move(host(SIX, address("2001:db8::2", 64, "inet6")), "eth0", "br0").arrive
    assert [line.split()[3] for line in found] == ["2001:db8::2/64", "2001:db8::1/64"]


def test_a_lease_becomes_lasting_and_gets_back_what_is_left_of_it():
    leased = address("192.0.2.1", 24, dynamic=True, valid_life_time=300, preferred_life_time=200)
    found = move(host(leased), "eth0", "br0")
    assert "lft" not in found.arrive[0]
    assert "valid_lft 300 preferred_lft 200" in found.back[-1]


def test_temporary_addresses_are_the_kernels():
    assert move(host(address("2001:db8::9", 64, "inet6", temporary=True)), "eth0", "br0") == Move()


def test_what_the_kernel_makes_is_left_to_it():
    routes = ["192.0.2.0/24 dev eth0 proto kernel scope link src 192.0.2.1 "]
    local = ["local 192.0.2.1 dev eth0 table local proto kernel scope host src 192.0.2.1 "]
    assert not added_routes(host(ONE, routes4=routes + local))
    apart = address("192.0.2.1", 24, noprefixroute=True)
    (line,) = added_routes(host(apart, routes4=routes + local))
    assert line == "-4 route append 192.0.2.0/24 dev br0 proto kernel scope link src 192.0.2.1"


def test_routes_keep_all_that_they_say_and_lose_what_is_only_a_state():
    routes = [
        "default via 192.0.2.254 dev eth0 proto dhcp src 192.0.2.1 metric 100 mtu lock 1400 linkdown ",
        "198.51.100.0/24 proto static \\\tnexthop via 192.0.2.3 dev eth0 weight 1 "
        "\\\tnexthop via 203.0.113.1 dev eth1 weight 2 ",
        "203.0.113.0/24 dev eth1 proto kernel scope link src 203.0.113.9 ",
    ]
    six = ["default via fe80::1 dev eth0 proto ra metric 1024 expires 1789sec hoplimit 64 pref medium"]
    assert added_routes(host(ONE, SIX, routes4=routes, routes6=six)) == [
        "-4 route append default via 192.0.2.254 dev br0 proto dhcp src 192.0.2.1 metric 100 mtu lock 1400",
        "-4 route append 198.51.100.0/24 proto static nexthop via 192.0.2.3 dev br0 weight 1 "
        "nexthop via 203.0.113.1 dev eth1 weight 2",
        "-6 route append default via fe80::1 dev br0 proto ra metric 1024 hoplimit 64 pref medium",
    ]


def test_routes_to_gateways_come_after_those_that_lead_to_them():
    routes = ["default via 198.51.100.1 dev eth0 onlink ", "198.51.100.1 dev eth0 scope link "]
    found = added_routes(host(ONE, routes4=routes))
    assert [line.split()[3] for line in found] == ["198.51.100.1", "default"]


def test_rules_that_name_the_link_name_the_other():
    rules = ["0:\tfrom all lookup local", "100:\tnot from all fwmark 0x1 iif eth0 lookup 7 proto static"]
    found = move(host(ONE, rules4=rules), "eth0", "br0")
    assert found.leave[0] == "-4 rule del pref 100 not from all fwmark 0x1 iif eth0 lookup 7 proto static"
    assert found.arrive[-1] == "-4 rule add pref 100 not from all fwmark 0x1 iif br0 lookup 7 proto static"
    assert found.back[0].startswith("-4 rule del pref 100 not from all fwmark 0x1 iif br0")
    assert found.back[-1].startswith("-4 rule add pref 100 not from all fwmark 0x1 iif eth0")


def test_what_stays_keeps_its_routes():
    own = address("198.51.100.1", 24)
    routes = ["default via 192.0.2.254 dev eth0 ", "203.0.113.0/24 via 198.51.100.9 dev eth0 "]
    found = host(ONE, own, routes4=routes)
    going = move(found, "eth0", "br0", ["198.51.100.1/24"])
    assert [line for line in going.arrive if "route" in line] == [
        "-4 route append default via 192.0.2.254 dev br0"
    ]
    assert staying(found, "eth0", going) == (
        "-4 addr add 198.51.100.1/24 dev eth0",
        "-4 route append 203.0.113.0/24 via 198.51.100.9 dev eth0",
    )


def test_a_batch_has_the_lines_of_one_version():
    lines = ("-4 addr add 192.0.2.1/24 dev br0", "-6 addr add 2001:db8::1/64 dev br0")
    assert batch(lines, 6) == "addr add 2001:db8::1/64 dev br0\n"


# What resolvectl of systemd 252 says of a link.
RESOLVECTL = {
    "dns": "Link 2 (eth0): 192.0.2.53 2001:db8::53\n",
    "domain": "Link 2 (eth0): example.org ~.\n",
    "default-route": "Link 2 (eth0): yes\n",
    "nta": "Link 2 (eth0):\n",
}


def test_dns_settings_go_along():
    names = read_names(lambda argv: Completed(0, RESOLVECTL.get(argv[-2], ""), ""), "eth0")
    assert moving(names, "eth0", "br0") == [
        ["resolvectl", "dns", "br0", "192.0.2.53", "2001:db8::53"],
        ["resolvectl", "domain", "br0", "example.org", "~."],
        ["resolvectl", "default-route", "br0", "yes"],
        ["resolvectl", "revert", "eth0"],
    ]


def test_without_resolved_there_is_nothing_to_move():
    names = read_names(lambda argv: Completed(127, "", "resolvectl: command not found"), "eth0")
    assert moving(names, "eth0", "br0") == []
