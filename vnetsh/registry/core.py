"""The core's own nouns and verbs, registered as a plugin's are."""

from __future__ import annotations

from vnetsh import hookspecs


class CorePlugin:
    """The core's own nouns and verbs, registered as a plugin's are."""

    @hookspecs.hookimpl
    def vnetsh_register_kinds(self, kinds: hookspecs.KindRegistry) -> None:
        """Register the shared nouns, the core's verbs and the meaning of the core's codes."""
        from vnetsh.nouns.address import ADDRESS_KIND
        from vnetsh.nouns.backup import BACKUP_KIND, BACKUP_VERBS
        from vnetsh.nouns.bridge import BRIDGE_KIND
        from vnetsh.nouns.capture import CAPTURE
        from vnetsh.nouns.cloning import CLONE_VERB
        from vnetsh.nouns.cloudinit import CLOUDINIT_KIND
        from vnetsh.nouns.cluster import CLUSTER_KIND
        from vnetsh.nouns.confirm import CONFIRM
        from vnetsh.nouns.disk import DISK_KIND
        from vnetsh.nouns.doctor import DOCTOR
        from vnetsh.nouns.expect import EXPECT
        from vnetsh.nouns.fleet_verbs import FLEET_VERBS
        from vnetsh.nouns.flow import FLOW_KIND
        from vnetsh.nouns.host import HOST_KIND
        from vnetsh.nouns.image import IMAGE_KIND
        from vnetsh.nouns.job import CANCEL, JOB_KIND
        from vnetsh.nouns.keep import KEEP
        from vnetsh.nouns.linking import LINK_VERB
        from vnetsh.nouns.mesh import MESH_KIND
        from vnetsh.nouns.moving_disks import MOVE_DISK
        from vnetsh.nouns.past import MIGRATION_KIND, RUN_KIND
        from vnetsh.nouns.pool import POOL_KIND
        from vnetsh.nouns.port import PORT_KIND
        from vnetsh.nouns.power import POWER_VERBS
        from vnetsh.nouns.renaming import RENAME
        from vnetsh.nouns.screenshot import SCREENSHOT
        from vnetsh.nouns.snapshot import SNAPSHOT_KIND, SNAPSHOT_VERBS
        from vnetsh.nouns.templating import IMAGE_VERBS
        from vnetsh.nouns.tree import TREE
        from vnetsh.nouns.tunnel import TUNNEL_KIND
        from vnetsh.nouns.verbs import VERBS
        from vnetsh.nouns.vm import VM_KIND
        from vnetsh.nouns.warning import WARNING_KIND
        from vnetsh.nouns.watch import WATCH
        from vnetsh.nouns.why import WHY

        links = (BRIDGE_KIND, PORT_KIND, ADDRESS_KIND, TUNNEL_KIND, MESH_KIND, FLOW_KIND)
        past = (JOB_KIND, MIGRATION_KIND, RUN_KIND, WARNING_KIND)
        of_vms = (VM_KIND, SNAPSHOT_KIND, BACKUP_KIND, DISK_KIND, CLOUDINIT_KIND, IMAGE_KIND)
        for kind in (HOST_KIND, CLUSTER_KIND, *links, POOL_KIND, *of_vms, *past):
            kinds.add(kind)
        vms = (*POWER_VERBS, *SNAPSHOT_VERBS, *BACKUP_VERBS, RENAME, CLONE_VERB, MOVE_DISK, *IMAGE_VERBS)
        looking = (EXPECT, KEEP, CAPTURE, SCREENSHOT, WHY, TREE, WATCH, DOCTOR)
        for verb in (*VERBS, *vms, *FLEET_VERBS, LINK_VERB, CONFIRM, *looking, CANCEL):
            kinds.add_verb(verb)
        kinds.explain(
            "vnetsh.explanations.sentence_problems:SENTENCE_PROBLEMS",
            "vnetsh.explanations.script_problems:SCRIPT_PROBLEMS",
            "vnetsh.explanations.fleet_problems:FLEET_PROBLEMS",
            "vnetsh.explanations.expectation_problems:EXPECTATION_PROBLEMS",
            "vnetsh.explanations.storage_problems:STORAGE_PROBLEMS",
            "vnetsh.explanations.show_problems:SHOW_PROBLEMS",
            "vnetsh.explanations.offer_problems:OFFER_PROBLEMS",
        )
