"""What the audit log tells of, and how it says it."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext_noop

ACTIONS: Mapping[
    str, str
] = {  # noun.past_participle, and its words, which are translated when shown
    "backup.asked": gettext_noop("backup asked"),
    "backup.downloaded": gettext_noop("backup downloaded"),
    "backup.restored": gettext_noop("backup restored"),
    "house_keys.granted": gettext_noop("operator's keys granted"),
    "house_keys.withdrawn": gettext_noop("operator's keys withdrawn"),
    "key.deleted": gettext_noop("key deleted"),
    "key.lent": gettext_noop("key lent"),
    "key.replaced": gettext_noop("key replaced"),
    "key.stored": gettext_noop("key stored"),
    "key.taken_back": gettext_noop("key taken back"),
    "link.made": gettext_noop("link made"),
    "network.archived": gettext_noop("network archived"),
    "network.deleted": gettext_noop("network deleted"),
    "network.keys_picked": gettext_noop("network keys picked"),
    "network.left": gettext_noop("network left"),
    "network.renamed": gettext_noop("network renamed"),
    "network.shared": gettext_noop("network shared"),
    "network.unarchived": gettext_noop("network unarchived"),
    "network.unshared": gettext_noop("network unshared"),
    "output.taken_down": gettext_noop("output taken down"),
    "network.featured": gettext_noop("network featured"),
    "kiosk.unlocked": gettext_noop("kiosk unlocked"),
    "codes.revoked": gettext_noop("codes revoked"),
    "privacy_notice.written": gettext_noop("privacy notice written"),
    "panic.lifted": gettext_noop("panic lifted"),
    "panic.pressed": gettext_noop("panic pressed"),
    "password.changed": gettext_noop("password changed"),
    "password.set": gettext_noop("password set"),
    "person.changed": gettext_noop("person changed"),
    "person.invited": gettext_noop("person invited"),
    "person.let_in": gettext_noop("person let in"),
    "person.shut_out": gettext_noop("person shut out"),
    "person.signed_in": gettext_noop("person signed in"),
    "retention.applied": gettext_noop("retention applied"),
    "role.changed": gettext_noop("role changed"),
    "run.deleted": gettext_noop("run deleted"),
    "server.added": gettext_noop("server added"),
    "server.changed": gettext_noop("server changed"),
    "server.removed": gettext_noop("server removed"),
    "sign_in.locked": gettext_noop("sign in locked"),
    "step.retried": gettext_noop("step retried"),
    "stream.started": gettext_noop("stream started"),
    "stream.stopped": gettext_noop("stream stopped"),
    "stream.target_added": gettext_noop("stream target added"),
    "stream.target_changed": gettext_noop("stream target changed"),
    "stream.target_removed": gettext_noop("stream target removed"),
    "token.made": gettext_noop("token made"),
    "token.revoked": gettext_noop("token revoked"),
    "worker.unblocked": gettext_noop("worker unblocked"),
    "workflow.added": gettext_noop("workflow added"),
    "workflow.changed": gettext_noop("workflow changed"),
    "workflow.removed": gettext_noop("workflow removed"),
}
