"""What the codes E0xx and E1xx mean: problems of one sentence, found without asking any host."""

from __future__ import annotations

from vnetsh.explanations.explanation import Explanation

SENTENCE_PROBLEMS = (
    Explanation(
        "E001",
        "something that cannot stand at this place",
        "A sentence is a word such as `bridge` or `vm`, a name, then keys with their values. Here is a word or a "
        "character that fits nowhere in that shape. Values are separated by blanks, the hosts of a list by one "
        'comma, the two ends of a tunnel by `<->`; a value that has blanks or other characters stands in `"…"`.',
        wrong="bridge vswitch02 on kvm1,, kvm2",
        right="bridge vswitch02 on kvm1, kvm2",
    ),
    Explanation(
        "E002",
        "a string that does not end",
        'A quoted value must end with `"` in the line where it began. Only values that have blanks need quotes at '
        'all; a `"` inside of them is written `\\"`.',
        wrong='vm web1 on kvm1 disk "cirros.qcow2',
        right="vm web1 on kvm1 disk cirros.qcow2",
    ),
    Explanation(
        "E003",
        "a sentence that ends too early",
        "After a comma another host of the list must follow, and after `<->` the other host. A sentence ends with "
        "its line; `\\` as the last character of a line continues it in the next one.",
        wrong="bridge vswitch02 on kvm1,",
        right="bridge vswitch02 on kvm1, kvm2",
    ),
    Explanation(
        "E004",
        "a block that is not opened or closed as it should be",
        "A block stands in `{` and `}` after the words of its sentence: after `for NAME in VALUES`, or after a noun, "
        "where it holds keys and parts in lines of their own. Each `{` needs its `}`, and blocks in blocks go only "
        "so deep. The message says which brace is left over.",
        wrong="for i in 1..2 {\n  vm web$i on kvm1",
        right="for i in 1..2 {\n  vm web$i on kvm1\n}",
    ),
    Explanation(
        "E101",
        "a word that is neither a noun nor a verb",
        "The first word of a sentence says what it is about: a noun such as `bridge`, `tunnel` or `vm`, or a verb "
        "such as `migrate` or `delete`. This word is none that vnetsh or one of its plugins knows, or, after "
        "`delete`, no kind of thing that can be deleted. `help` in the shell lists all of them.",
        wrong="brigde vswitch02 on kvm1",
        right="bridge vswitch02 on kvm1",
    ),
    Explanation(
        "E102",
        "a host that is not in the inventory",
        "The script names a host that vnetsh has not been told of. Hosts are declared in the hosts file (or in the "
        "script itself), one `host` sentence for each; `vnetsh show hosts` lists those that there are.",
        wrong="bridge vswitch02 on kvm1, kvm9",
        right="bridge vswitch02 on kvm1, kvm2",
    ),
    Explanation(
        "E103",
        "a key that this noun or verb does not have",
        "After the name a sentence has keys, each with its value, and every noun and verb has keys of its own. This "
        "one is misspelt, belongs to another noun, or is something that vnetsh only observes, such as a vm's "
        "`state`. `help NOUN` in the shell lists what can be said.",
        wrong="bridge vswitch02 on kvm1 uplnk eth1",
        right="bridge vswitch02 on kvm1 uplink eth1",
    ),
    Explanation(
        "E104",
        "a value that its key does not take",
        "Each key takes values of one type: a number in a range, a size such as `512M`, an address, a name, one of "
        "a few words. Some take a list (`kvm1, kvm2`) or a pair (`kvm1<->kvm2`), most take one word. The message "
        "says what should stand there.",
        wrong="vm web1 on kvm1 memory lots",
        right="vm web1 on kvm1 memory 512M",
    ),
    Explanation(
        "E105",
        "something that must be said is missing",
        "The sentence ends before all was said that it needs: a name, a key that is required, or the value of its "
        "last key. The message says which, and an example of the whole sentence follows.",
        wrong="bridge vswitch02",
        right="bridge vswitch02 on kvm1",
    ),
    Explanation(
        "E106",
        "a key that is said twice in one sentence",
        "Each key has one value, and this sentence gives two. Keep the one that you mean.",
        wrong="vm web1 on kvm1 memory 512M memory 1G",
        right="vm web1 on kvm1 memory 1G",
    ),
    Explanation(
        "E107",
        "a host without an address, where a tunnel should end",
        "Each end of a tunnel must know the underlay address of the other host, and this host's sentence has none. "
        "Give it one: `address` in its `host` sentence.",
        wrong="host kvm4 local\ntunnel gre14 kvm1<->kvm4 on vswitch02",
        right="host kvm4 address 192.0.2.4\ntunnel gre14 kvm1<->kvm4 on vswitch02",
    ),
    Explanation(
        "E108",
        "no backend that could make this",
        "Backends are what makes things on hosts: `ovs` and `linux` make bridges, `libvirt` makes vms. The one that "
        "was named does not exist or does not make such things, or none of those installed does. Without "
        "`backend`, a bridge is one of Open vSwitch.",
        wrong="bridge vswitch02 on kvm1 backend vde",
        right="bridge vswitch02 on kvm1 backend linux",
    ),
    Explanation(
        "E109",
        "a hosts file that holds something else than hosts",
        "A hosts file says how the hosts are reached and nothing more, since it is read before every script. Move "
        "the other sentences into a script of their own, and run that: `vnetsh FILE`.",
    ),
    Explanation(
        "E110",
        "a variable that has no value",
        "`$name` stands for the value that `let`, `for` or the option `--set name=…` gave to `name`, and here nothing "
        "gave it one. A name reaches as far as letters, digits and `_` do: `${n}_a` is the value of `n` and then "
        '`_a`. For the sign itself write `"\\$"`, in quotes.',
        wrong="vm web$number on kvm1",
        right="let number 1\nvm web$number on kvm1",
    ),
    Explanation(
        "E111",
        "a variable that is set twice, or not there to be set",
        "A variable keeps its value: the script has a second `let` for a name that has one. Take another name. Or "
        "`--set` names a variable that the script never uses, which is most often a slip of the pen.",
        wrong="let size 512M\nlet size 1G\nvm web1 on kvm1 memory $size",
        right="let size 1G\nvm web1 on kvm1 memory $size",
    ),
    Explanation(
        "E112",
        "a range that is none",
        "A range counts from its smaller to its larger number: `1..3`, or inside of a word `kvm[1-3]`, `web[01-10]`, "
        "`kvm[1,3-4]`. This one runs backwards, or has something else than numbers between its brackets.",
        wrong="bridge vswitch02 on kvm[3-1]",
        right="bridge vswitch02 on kvm[1-3]",
    ),
    Explanation(
        "E113",
        "a range or a list where one word fits",
        "A range, or a variable that holds a list, stands for several words. Where one word fits, the sentence is "
        "read once for each; but only one place of a sentence can do so, no end of a `<->` can, and a list cannot "
        "become a part of a word. Use `for`: its variable has one value at a time.",
        wrong="vm web[1-2] on kvm[1-2]",
        right="for i in 1..2 {\n  vm web$i on kvm$i\n}",
    ),
    Explanation(
        "E114",
        "a file that cannot be included",
        "The file is not there, cannot be read, or is not text in UTF-8; the message says which. Its path is "
        "relative to the folder of the script that includes it (of the command line's, to the folder you are in). "
        "Where a file whose name does not end in `.vnet` makes no sense as a script, its lines are not shown: it may "
        "be anything, and not for everybody to read.",
        wrong='include "host.vnet"',
        right='include "hosts.vnet"',
    ),
    Explanation(
        "E115",
        "a file that includes itself",
        "The file is included by itself, or by one that it includes, so that reading would never end. The message "
        "shows the way round; take one of these `include` sentences out. A file that two others include is no "
        "problem: it is read once.",
    ),
    Explanation(
        "E116",
        "a script that stands for too much",
        "So that a slip does not keep you waiting, vnetsh limits what a script may grow to: the values of a range, "
        "the sentences of its loops, the length of a word or a sentence, and how deep files include one another. "
        "Mostly a range is longer than was meant; or the file is no script, and after 100 mistakes the rest of it is "
        "not read. The message names the limit.",
        wrong="for i in 1..100000 {\n  vm web$i on kvm1\n}",
        right="for i in 1..10 {\n  vm web$i on kvm1\n}",
    ),
    Explanation(
        "E117",
        "a `let`, `for` or `include` that has another shape",
        "These have fixed shapes: `let NAME VALUE` (without `=`), `for NAME in VALUES { … }`, and `include FILE`, "
        "which does not stand in a block. The name of a variable has letters, digits and `_`, and stands without "
        "`$` where it gets its value.",
        wrong="let n = 3",
        right="let n 3",
    ),
    Explanation(
        "E118",
        "a block that cannot hold this, or stand here",
        "The block of a noun holds what could follow the noun in its own line, its keys and parts, and no `let`, "
        "`for` or `include`. Some nouns and verbs have blocks of whole sentences instead, but of none about hosts, "
        "and only of those that the message names where it names some. And `let` and `include` have no block at all.",
        wrong="vm web1 on kvm1 {\n  for n in 1..2 { port vswitch01 vlan $n }\n}",
        right="vm web1 on kvm1 {\n  port vswitch01 vlan 1\n  port vswitch01 vlan 2\n}",
    ),
    Explanation(
        "E119",
        "a thing that is called `any`",
        "`any` stands for whatever there is, as in `any -> web`, so nothing can have it as its name. Choose another "
        "one.",
        wrong="bridge any on kvm1",
        right="bridge any1 on kvm1",
    ),
    Explanation(
        "E120",
        "a sentence that goes on as none of its forms does",
        "Some heads have several forms, and the next word says which is meant: after `expect` comes `ping`, or `vm`. "
        "This word begins none of them, or nothing follows at all. The message lists the words that fit; a name that "
        "is the same as one of them stands in quotes.",
        wrong="expect pong web1 -> web2",
        right="bridge lan on kvm1\nvm web1 on kvm1 port lan\nvm web2 on kvm1 port lan\nexpect ping web1 -> web2",
    ),
    Explanation(
        "E121",
        "two keys in one sentence that exclude each other",
        "A thing can have the one or the other of these, but not both at once. Say only the one that you mean; `none` "
        "takes the other one away where it is there.",
        wrong="vm web1 on kvm1\nmigrate web1 to kvm2 auto-converge post-copy",
        right="vm web1 on kvm1\nmigrate web1 to kvm2 auto-converge",
    ),
    Explanation(
        "E235",
        "what a migration over ssh cannot have",
        "Over ssh a vm's memory goes through the one connection that both hosts' libvirt daemons have, so there is "
        "no second one (`parallel`), and none by which the rest could follow a vm that has gone on already "
        "(`post-copy`). Leave that out, or encrypt by TLS.",
        wrong="vm web1 on kvm1\nmigrate web1 to kvm2 over ssh parallel 4",
        right="vm web1 on kvm1\nmigrate web1 to kvm2 over tls parallel 4",
    ),
    Explanation(
        "E520",
        "a flow's text that says more than a match, or than actions",
        "What a flow matches and what it does are said in the words of ovs-ofctl, each by itself. Its table and "
        "priority are words of the sentence; its cookie is its mark; it stays until it is deleted, so there are no "
        "timeouts. A flow that learns would make others of which nobody knows: `learn` is not taken.",
        wrong='flow no_telnet on kvm1 bridge vswitch01 match "priority=200,tcp,tp_dst=23" actions drop',
        right='flow no_telnet on kvm1 bridge vswitch01 priority 200 match "tcp,tp_dst=23" actions drop',
    ),
)
