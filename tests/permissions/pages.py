"""Who gets which page: one line for each address and way of asking.

A new page gets its line here (and what its form sends in GIVEN): method, name, address, and what it
answers to a stranger, a guest with a terminal token, a curator who has nothing to do with the network,
a collaborator, the owner, and an admin. After the bar: the same where the network is public. 302 for
whoever is not signed in leads to the sign-in page; the names in braces are those of stage.py.
"""

from __future__ import annotations

#                                                                   stranger ... owner, admin
TABLE = """
GET  home                    /                                                 200 200 200 200 200 200
GET  about                   /about/                                           200 200 200 200 200 200
GET  assets:original         /assets/{media}.png                               404 404 404 404 404 404
GET  assets:rendition        /assets/{media}/tile.webp                         404 404 404 404 404 404
GET  accounts:home           /account/                                         302 302 200 200 200 200
POST accounts:create_token   /account/tokens/                                  302 302 200 200 200 200
POST accounts:revoke_token   /account/tokens/{his_token}/revoke/               302 302 404 404 404 404
GET  accounts:sign_in        /account/sign-in/                                 200 200 302 302 302 302
POST accounts:sign_out       /account/sign-out/                                302 302 302 302 302 302
GET  accounts:password       /account/password/                                302 302 200 200 200 200
GET  accounts:forgotten      /account/password/forgotten/                      200 200 200 200 200 200
GET  accounts:set_password   /account/password/nobody/old-link/                200 200 200 200 200 200
GET  accounts:people         /account/people/                                  302 302 403 403 403 200
POST accounts:invite         /account/people/invite/                           302 302 403 403 403 200
POST accounts:new_link       /account/people/{person}/link/                    302 302 403 403 403 200
POST accounts:close          /account/people/{person}/close/                   302 302 403 403 403 302
POST accounts:reopen         /account/people/{person}/reopen/                  302 302 403 403 403 302
POST accounts:change_role    /account/people/{person}/role/                    302 302 403 403 403 302
GET  accounts:audit          /account/log/                                     302 302 403 403 403 200
GET  networks:list           /networks/                                        200 200 200 200 200 200
GET  networks:new            /networks/new/                                    302 302 200 200 200 200
GET  networks:edit           /n/{slug}/edit/                                   302 302 404 403 200 200 | 302 302 403 403 200 200
GET  networks:qr             /n/{slug}/qr/                                     404 404 404 200 200 200 | 403 403 403 200 200 200
GET  networks:settings       /n/{slug}/settings/                               302 302 404 403 200 200 | 302 302 403 403 200 200
GET  networks:delete         /n/{slug}/delete/                                 302 302 404 403 200 200 | 302 302 403 403 200 200
GET  networks:terminal       /n/{slug}/terminal/                               404 200 404 200 200 200 | 403 200 403 200 200 200
GET  networks:wall           /n/{slug}/wall/                                   404 404 404 200 200 200 | 200 200 200 200 200 200
GET  networks:runs           /n/{slug}/runs/                                   404 404 404 200 200 200 | 200 200 200 200 200 200
GET  networks:detail         /n/{slug}/                                        404 404 404 200 200 200 | 200 200 200 200 200 200
POST networks:terminal       /n/{slug}/terminal/                               404 302 404 302 302 302 | 403 302 403 302 302 302
POST networks:edit           /n/{slug}/edit/                                   302 302 404 403 409 409 | 302 302 403 403 409 409
POST networks:settings       /n/{slug}/settings/                               302 302 404 403 422 422 | 302 302 403 403 422 422
POST networks:delete         /n/{slug}/delete/                                 302 302 404 403 302 302 | 302 302 403 403 302 302
POST networks:share          /n/{slug}/share/                                  302 302 404 403 302 302 | 302 302 403 403 302 302
POST networks:unshare        /n/{slug}/share/{share_id}/remove/                302 302 404 403 302 302 | 302 302 403 403 302 302
POST networks:leave          /n/{slug}/leave/                                  302 302 404 302 403 403 | 302 302 403 302 403 403
POST networks:duplicate      /n/{slug}/duplicate/                              302 302 404 302 302 302 | 302 302 302 302 302 302
POST networks:archive        /n/{slug}/archive/                                302 302 404 403 302 302 | 302 302 403 403 302 302
POST networks:start          /n/{slug}/start/                                  302 302 404 302 302 302 | 302 302 403 302 302 302
POST networks:stop           /n/{slug}/stop/                                   302 302 404 302 302 302 | 302 302 403 302 302 302
POST networks:pause          /n/{slug}/pause/                                  302 302 404 302 302 302 | 302 302 403 302 302 302
POST networks:warm           /n/{slug}/warm/                                   302 302 404 302 302 302 | 302 302 403 302 302 302
POST networks:resume         /n/{slug}/resume/                                 302 302 404 302 302 302 | 302 302 403 302 302 302
GET  runs:list               /runs/                                            200 200 200 200 200 200
GET  runs:detail             /runs/{run}/                                      404 404 404 200 200 200 | 200 200 200 200 200 200
GET  runs:import             /runs/import/                                     302 302 200 200 200 200
POST runs:import             /runs/import/                         302 302 422 422 422 422
GET  runs:export             /runs/{run}/export/                               404 404 404 200 200 200 | 200 200 200 200 200 200
GET  runs:compare            /runs/{run}/compare/                              404 404 404 200 200 200 | 200 200 200 200 200 200
POST runs:rate               /runs/{run}/rate/                                 302 302 404 302 302 302 | 302 302 302 302 302 302
POST runs:make-sheet         /runs/{run}/sheets/                               302 302 404 302 302 302 | 302 302 403 302 302 302
POST runs:delete             /runs/{run}/delete/                               302 302 404 403 302 302 | 302 302 403 403 302 302
GET  invocations:detail      /invocations/{step}/                              404 404 404 200 200 200 | 200 200 200 200 200 200
POST invocations:branch      /invocations/{step}/branch/                       302 302 404 302 302 302 | 302 302 403 302 302 302
POST invocations:shorten     /invocations/{step}/short/                        302 302 404 302 302 302 | 302 302 403 302 302 302
GET  models:list             /models/                                          200 200 200 200 200 200
GET  models:detail           /models/{model_id}/                               200 200 200 200 200 200
GET  sheet                   /sheets/{sheet_id}/                               200 200 200 200 200 200
POST delete-sheet            /sheets/{sheet_id}/delete/                        302 302 403 302 302 302
GET  souvenir                /souvenirs/{key}/                                 200 200 200 200 200 200
GET  souvenir-code           /souvenirs/{key}/code.svg                         200 200 200 200 200 200
POST withdraw                /souvenirs/{key}/withdraw/                        403 403 403 403 403 403
GET  display-worker          /i/worker.js                                      200 200 200 200 200 200
GET  display                 /i/{installation_id}/{name}/                      200 200 200 200 200 200
GET  kiosk                   /kiosk/                                           200 200 200 200 200 200
GET  short                   /r/{code}                                         302 302 302 302 302 302
GET  mission-control         /mission-control/                                 302 302 403 403 403 200
GET  mission-control-figures /mission-control/figures/                         302 302 403 403 403 200
GET  stop-all                /mission-control/stop-all/                        302 302 403 403 403 200
GET  receipt                 /mission-control/stop-all/{press_id}/             302 302 403 403 403 200
POST stop-all                /mission-control/stop-all/                        302 302 403 403 403 302
POST resume-all              /mission-control/resume-all/                      302 302 403 403 403 302
POST callback                /webhooks/replicate/house/bell/                   401 401 401 401 401 401
GET  healthz                 /healthz                                          200 200 200 200 200 200
GET  readyz                  /readyz                                           503 503 503 503 503 503
GET  metrics                 /metrics                                          200 200 200 200 200 200
GET  models:compare          /models/compare/                                  200 200 200 200 200 200
GET  servers                 /mission-control/servers/                         302 302 403 403 403 200
POST add-server              /mission-control/servers/add/                     302 302 403 403 403 400
POST add-workflow            /mission-control/servers/workflow/                302 302 403 403 403 400
POST remove-workflow         /mission-control/servers/workflow/nothing/remove/ 302 302 403 403 403 404
GET  server                  /mission-control/servers/{server_id}/             302 302 403 403 403 200
POST look-at-server          /mission-control/servers/{server_id}/look/        302 302 403 403 403 302
POST remove-server           /mission-control/servers/{server_id}/remove/      302 302 403 403 403 302
GET  boards /account/boards/ 302 302 200 200 200 200
POST add-board /account/boards/add/ 302 302 302 302 302 302
GET  board /account/boards/{board_id}/ 302 302 404 404 200 200
POST board /account/boards/{board_id}/ 302 302 404 404 302 302
POST show-on-board /account/boards/{board_id}/show/ 302 302 404 404 302 302
POST remove-board /account/boards/{board_id}/remove/ 302 302 404 404 302 302
GET  keys:list /account/keys/ 302 302 200 200 200 200
POST keys:list /account/keys/ 302 302 302 302 302 302
GET  keys:detail /account/keys/{credential_id}/ 302 302 404 403 200 404
POST keys:detail /account/keys/{credential_id}/ 302 302 404 403 302 404
POST keys:replace /account/keys/{credential_id}/replace/ 302 302 404 403 422 404
POST keys:lend /account/keys/{credential_id}/lend/ 302 302 404 403 302 404
POST keys:take-back /account/keys/{credential_id}/lend/{loan_id}/end/ 302 302 404 403 302 404
POST keys:test /account/keys/{credential_id}/test/ 302 302 404 403 302 404
GET  keys:delete /account/keys/{credential_id}/delete/ 302 302 404 403 200 404
POST keys:delete /account/keys/{credential_id}/delete/ 302 302 404 403 302 404
GET  keys:house /account/keys/house/ 302 302 403 403 403 200
POST keys:test-house /account/keys/house/{platform}/test/ 302 302 403 403 403 404
POST keys:let-use /account/keys/house/people/{person}/ 302 302 403 403 403 302
GET  networks:keys /n/{slug}/keys/ 302 302 404 403 200 200 | 302 302 403 403 200 200
POST networks:keys /n/{slug}/keys/ 302 302 404 403 302 302 | 302 302 403 403 302 302
"""
GIVEN: dict[str, dict[str, str]] = {
    "POST keys:list": {"platform": "openai", "name": "Studio", "secret": "sk-of-a-test"},
    "POST keys:detail": {"name": "Hall"},
    "POST keys:replace": {"secret": "sk-of-a-test"},
    "POST keys:lend": {"email": "erin@example.org"},
    "POST keys:let-use": {"may": "yes"},
    "POST add-board": {"name": "Foyer", "key": "a-key"},
    "POST board": {"name": "Hall"},
    "POST show-on-board": {"text": "hello"},
    "POST accounts:create_token": {"name": "x", "scopes": "read"},
    "POST accounts:invite": {"email": "erin@example.org", "admin": "on"},
    "POST accounts:change_role": {"role": "admin"},
    "POST networks:terminal": {"prompt": "a bell"},
    "POST networks:edit": {"name": "Mine"},
    "POST networks:settings": {"name": "Mine"},
    "POST networks:delete": {"address": "whispers"},
    "POST networks:share": {"email": "erin@example.org"},
    "POST networks:start": {"prompt": "a bell"},
    "POST runs:rate": {"stars": "5"},
    "POST runs:make-sheet": {"step": "0"},
    "POST stop-all": {"sure": "yes"},
}
