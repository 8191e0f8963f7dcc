"""Who gets which page: one line for each address and way of asking.

A new page gets its line here (and what its form sends in GIVEN): method, name, address, and what it
answers to a stranger, a guest with a terminal token, a curator who has nothing to do with the network,
a collaborator, the owner, and an admin. After the bar: the same where the network is public. 302 for
whoever is not signed in leads to the sign-in page; the names in braces are those of scenario.py.
"""

from __future__ import annotations

#                                                                               stranger ... owner, admin
TABLE = """
GET  home                     /                                                 200 200 200 200 200 200
GET  about                    /about/                                           200 200 200 200 200 200
POST language                 /language/                                        302 302 302 302 302 302
GET  assets:original          /assets/{media}.png                               404 404 404 404 404 404
GET  assets:rendition         /assets/{media}/tile.webp                         404 404 404 404 404 404
GET  accounts:home            /account/                                         302 302 200 200 200 200
POST accounts:create_token    /account/tokens/                                  302 302 200 200 200 200
POST accounts:revoke_token    /account/tokens/{his_token}/revoke/               302 302 404 404 404 404
GET  accounts:sign_in         /account/sign-in/                                 200 200 302 302 302 302
POST accounts:sign_out        /account/sign-out/                                302 302 302 302 302 302
GET  accounts:password        /account/password/                                302 302 200 200 200 200
GET  accounts:forgotten       /account/password/forgotten/                      200 200 200 200 200 200
GET  accounts:set_password    /account/password/nobody/old-link/                200 200 200 200 200 200
GET  accounts:members         /account/people/                                  302 302 403 403 403 200
POST accounts:invite          /account/people/invite/                           302 302 403 403 403 200
POST accounts:new_link        /account/people/{person}/link/                    302 302 403 403 403 200
POST accounts:close           /account/people/{person}/close/                   302 302 403 403 403 302
POST accounts:reopen          /account/people/{person}/reopen/                  302 302 403 403 403 302
POST accounts:change_role     /account/people/{person}/role/                    302 302 403 403 403 302
GET  accounts:audit           /account/log/                                     302 302 403 403 403 200
GET  keys:list                /account/keys/                                    302 302 200 200 200 200
POST keys:list                /account/keys/                                    302 302 302 302 302 302
GET  keys:detail              /account/keys/{credential_id}/                    302 302 404 403 200 404
POST keys:detail              /account/keys/{credential_id}/                    302 302 404 403 302 404
POST keys:replace             /account/keys/{credential_id}/replace/            302 302 404 403 422 404
POST keys:lend                /account/keys/{credential_id}/lend/               302 302 404 403 302 404
POST keys:take-back           /account/keys/{credential_id}/lend/{loan_id}/end/ 302 302 404 403 302 404
POST keys:test                /account/keys/{credential_id}/test/               302 302 404 403 302 404
GET  keys:delete              /account/keys/{credential_id}/delete/             302 302 404 403 200 404
POST keys:delete              /account/keys/{credential_id}/delete/             302 302 404 403 302 404
GET  keys:operator            /account/keys/house/                              302 302 403 403 403 200
POST keys:test-operator-key   /account/keys/house/{platform}/test/              302 302 403 403 403 404
POST keys:allow-operator-keys /account/keys/house/people/{person}/              302 302 403 403 403 302
GET  notifications:list       /account/notifications/                           302 302 200 200 200 200
GET  notifications:new        /account/notifications/new/                       302 302 200 200 200 200
POST notifications:new        /account/notifications/new/                       302 302 302 302 302 302
GET  notifications:detail     /account/notifications/{channel_id}/              302 302 404 404 200 200
POST notifications:detail     /account/notifications/{channel_id}/              302 302 404 404 302 302
GET  notifications:deliveries /account/notifications/{channel_id}/deliveries/   302 302 404 404 200 200
POST notifications:test       /account/notifications/{channel_id}/test/         302 302 404 404 302 302
POST notifications:delete     /account/notifications/{channel_id}/delete/       302 302 404 404 302 302
GET  boards                   /account/boards/                                  302 302 200 200 200 200
POST add-board                /account/boards/add/                              302 302 302 302 302 302
GET  board                    /account/boards/{board_id}/                       302 302 404 404 200 200
POST board                    /account/boards/{board_id}/                       302 302 404 404 302 302
POST show-on-board            /account/boards/{board_id}/show/                  302 302 404 404 302 302
POST remove-board             /account/boards/{board_id}/remove/                302 302 404 404 302 302
GET  farm                     /farm/                                            302 302 403 403 403 200
POST farm-token               /farm/tokens/                                     302 302 403 403 403 200
POST farm-revoke              /farm/tokens/{enrolment_id}/revoke/               302 302 403 403 403 302
POST farm-changes             /farm/changes/                                    302 302 403 403 403 302
GET  farm-worker              /farm/{worker_id}/                                302 302 403 403 403 200
GET  farm-film-log            /farm/{worker_id}/film-log/                       302 302 403 403 403 404
GET  farm-film-preview        /farm/{worker_id}/film-preview/                   302 302 403 403 403 404
POST farm-worker              /farm/{worker_id}/                                302 302 403 403 403 302
GET  farm-preview             /invocations/{step}/preview/                      302 302 404 404 404 404 | 302 302 403 404 404 404
GET  farm-log                 /invocations/{step}/log/                          302 302 404 200 200 200 | 302 302 403 200 200 200
GET  farm-log-file            /invocations/{step}/log/download/                 302 302 404 200 200 200 | 302 302 403 200 200 200
POST farm-status              /farm/{worker_id}/status/                         302 302 403 403 403 302
POST farm-sleep               /farm/{worker_id}/sleep/                          302 302 403 403 403 302
POST farm-secret              /farm/{worker_id}/secret/                         302 302 403 403 403 200
POST farm-archive             /farm/{worker_id}/archive/                        302 302 403 403 403 302
POST farm-unblock             /runs/{run}/blocklist/{entry_id}/remove/          302 302 404 302 302 302 | 302 302 403 302 302 302
POST farm-retry               /invocations/{step}/retry/                        302 302 404 302 302 302 | 302 302 403 302 302 302
GET  networks:list            /networks/                                        200 200 200 200 200 200
GET  networks:new             /networks/new/                                    302 302 200 200 200 200
GET  networks:edit            /n/{slug}/edit/                                   302 302 404 403 200 200 | 302 302 403 403 200 200
GET  networks:qr              /n/{slug}/qr/                                     404 404 404 200 200 200 | 403 403 403 200 200 200
POST networks:revoke-codes    /n/{slug}/qr/revoke/                              302 302 404 302 302 302 | 302 302 403 302 302 302
GET  networks:settings        /n/{slug}/settings/                               302 302 404 403 200 200 | 302 302 403 403 200 200
GET  networks:delete          /n/{slug}/delete/                                 302 302 404 403 200 200 | 302 302 403 403 200 200
GET  networks:terminal        /n/{slug}/terminal/                               404 200 404 200 200 200 | 403 200 403 200 200 200
GET  networks:attendant       /n/{slug}/attendant/                              302 302 404 200 200 200 | 302 302 403 200 200 200
POST networks:attendant       /n/{slug}/attendant/                              302 302 404 302 302 302 | 302 302 403 302 302 302
GET  networks:wall            /n/{slug}/wall/                                   404 404 404 200 200 200 | 200 200 200 200 200 200
GET  networks:wall-code       /n/{slug}/wall/code.svg                           404 404 404 200 200 200 | 200 200 200 200 200 200
GET  networks:live            /n/{slug}/live/                                   404 404 404 200 200 200 | 200 200 200 200 200 200
GET  networks:live-now        /n/{slug}/live/now/                               404 404 404 200 200 200 | 200 200 200 200 200 200
GET  networks:live-playlist   /n/{slug}/live/index.m3u8                         404 404 404 503 503 503 | 503 503 503 503 503 503
GET  networks:live-segment    /n/{slug}/live/7.ts                               404 404 404 404 404 404 | 404 404 404 404 404 404
GET  networks:stream          /n/{slug}/stream/                                 302 302 404 200 200 200 | 302 302 403 200 200 200
POST networks:stream          /n/{slug}/stream/                                 302 302 404 302 302 302 | 302 302 403 302 302 302
GET  networks:stream-health   /n/{slug}/stream/health/                          302 302 404 200 200 200 | 302 302 403 200 200 200
POST networks:add-stream-target /n/{slug}/stream/targets/                       302 302 404 403 302 302 | 302 302 403 403 302 302
POST networks:stream-target   /n/{slug}/stream/targets/{target_id}/             302 302 404 403 302 302 | 302 302 403 403 302 302
GET  networks:runs            /n/{slug}/runs/                                   404 404 404 200 200 200 | 200 200 200 200 200 200
GET  networks:detail          /n/{slug}/                                        404 404 404 200 200 200 | 200 200 200 200 200 200
POST networks:terminal        /n/{slug}/terminal/                               404 302 404 302 302 302 | 403 302 403 302 302 302
POST networks:edit            /n/{slug}/edit/                                   302 302 404 403 409 409 | 302 302 403 403 409 409
POST networks:settings        /n/{slug}/settings/                               302 302 404 403 422 422 | 302 302 403 403 422 422
POST networks:delete          /n/{slug}/delete/                                 302 302 404 403 302 302 | 302 302 403 403 302 302
POST networks:share           /n/{slug}/share/                                  302 302 404 403 302 302 | 302 302 403 403 302 302
POST networks:unshare         /n/{slug}/share/{share_id}/remove/                302 302 404 403 302 302 | 302 302 403 403 302 302
POST networks:leave           /n/{slug}/leave/                                  302 302 404 302 403 403 | 302 302 403 302 403 403
POST networks:duplicate       /n/{slug}/duplicate/                              302 302 404 302 302 302 | 302 302 302 302 302 302
POST networks:archive         /n/{slug}/archive/                                302 302 404 403 302 302 | 302 302 403 403 302 302
POST networks:start           /n/{slug}/start/                                  302 302 404 302 302 302 | 302 302 403 302 302 302
POST networks:stop            /n/{slug}/stop/                                   302 302 404 302 302 302 | 302 302 403 302 302 302
POST networks:pause           /n/{slug}/pause/                                  302 302 404 302 302 302 | 302 302 403 302 302 302
POST networks:warm            /n/{slug}/warm/                                   302 302 404 302 302 302 | 302 302 403 302 302 302
POST networks:resume          /n/{slug}/resume/                                 302 302 404 302 302 302 | 302 302 403 302 302 302
GET  networks:waiting         /n/{slug}/waiting/                                302 302 404 200 200 200 | 302 302 403 200 200 200
GET  networks:keys            /n/{slug}/keys/                                   302 302 404 403 200 200 | 302 302 403 403 200 200
POST networks:keys            /n/{slug}/keys/                                   302 302 404 403 302 302 | 302 302 403 403 302 302
GET  runs:list                /runs/                                            200 200 200 200 200 200
GET  runs:detail              /runs/{run}/                                      404 404 404 200 200 200 | 200 200 200 200 200 200
GET  runs:import              /runs/import/                                     302 302 200 200 200 200
POST runs:import              /runs/import/                                     302 302 422 422 422 422
POST runs:bulk                /runs/bulk/                                       302 302 302 302 302 302
POST networks:bulk            /networks/archive/                                302 302 302 302 302 302
POST accounts:revoke_tokens   /account/tokens/revoke/                           302 302 302 302 302 302
POST remove-boards            /account/boards/remove/                           302 302 302 302 302 302
GET  runs:export              /runs/{run}/export/                               404 404 404 200 200 200 | 200 200 200 200 200 200
GET  films                    /films/                                           302 302 200 200 200 200
GET  film-new                 /films/new/                                       302 302 200 200 200 200
POST film-new                 /films/new/                                       302 302 422 422 422 422
GET  film-storage             /films/storage/                                   302 302 200 200 200 200
POST film-storage             /films/storage/                                   302 302 302 302 302 302
POST remove-upload            /films/storage/{upload_id}/remove/                302 302 404 404 302 404
GET  film                     /films/{film_id}/                                 302 302 404 200 200 200
POST film-act                 /films/{film_id}/act/                             302 302 404 302 302 302
GET  film-shared              /films/shared/{film_key}/                         200 200 200 200 200 200
GET  film-of-run              /runs/{run}/film/                                 302 302 404 200 200 200 | 302 302 403 200 200 200
POST film-of-run              /runs/{run}/film/                                 302 302 404 422 422 422 | 302 302 403 422 422 422
GET  runs:compare             /runs/{run}/compare/                              404 404 404 200 200 200 | 200 200 200 200 200 200
GET  runs:pair                /runs/{run}/pair/                                 404 404 404 200 200 200 | 200 200 200 200 200 200
GET  runs:trajectory          /runs/{run}/trajectory/                           404 404 404 200 200 200 | 200 200 200 200 200 200
GET  observatory:report       /observatory/report/?run={run}                    404 404 404 200 200 200 | 200 200 200 200 200 200
GET  observatory:search       /observatory/search/?q=moth                       200 200 200 200 200 200
GET  observatory:export       /observatory/report/points.csv?run={run}          404 404 404 200 200 200 | 200 200 200 200 200 200
GET  observatory:export-parquet /observatory/report/points.parquet?run={run}    404 404 404 404 404 404 | 404 404 404 404 404 404
GET  observatory:persistence  /observatory/report/persistence/?run={run}        404 404 404 404 404 404 | 404 404 404 404 404 404
GET  networks:observatory     /n/{slug}/observatory/                            404 404 404 200 200 200 | 200 200 200 200 200 200
GET  invocations:redraw       /invocations/{step}/redraw/                       302 302 404 200 200 200 | 302 302 403 200 200 200
POST invocations:redraw       /invocations/{step}/redraw/                       302 302 404 302 302 302 | 302 302 403 302 302 302
POST runs:rate                /runs/{run}/rate/                                 302 302 404 302 302 302 | 302 302 302 302 302 302
POST runs:make-contact-sheet  /runs/{run}/sheets/                               302 302 404 302 302 302 | 302 302 403 302 302 302
POST runs:keep                /runs/{run}/keep/                                 302 302 404 403 302 302 | 302 302 403 403 302 302
POST runs:delete              /runs/{run}/delete/                               302 302 404 403 302 302 | 302 302 403 403 302 302
GET  invocations:detail       /invocations/{step}/                              404 404 404 200 200 200 | 200 200 200 200 200 200
GET  invocations:text-picture /invocations/{step}/picture.svg                   404 404 404 200 200 200 | 200 200 200 200 200 200
GET  invocations:timeline     /invocations/{step}/timeline/                     302 302 404 200 200 200 | 302 302 403 200 200 200
POST invocations:branch       /invocations/{step}/branch/                       302 302 404 302 302 302 | 302 302 403 302 302 302
POST invocations:shorten      /invocations/{step}/short/                        302 302 404 302 302 302 | 302 302 403 302 302 302
GET  models:list              /models/                                          200 200 200 200 200 200
GET  models:detail            /models/{model_id}/                               200 200 200 200 200 200
GET  models:compare           /models/compare/                                  200 200 200 200 200 200
GET  contact-sheet            /sheets/{sheet_id}/                               200 200 200 200 200 200
POST delete-contact-sheet     /sheets/{sheet_id}/delete/                        302 302 403 302 302 302
GET  visitor-page             /souvenirs/{key}/                                 200 200 200 200 200 200
GET  visitor-page-code        /souvenirs/{key}/code.svg                         200 200 200 200 200 200
POST withdraw                 /souvenirs/{key}/withdraw/                        403 403 403 403 403 403
GET  installations:list       /installations/                                   302 302 200 200 200 200
GET  installations:new        /installations/new/                               302 302 200 200 200 200
POST installations:new        /installations/new/                               302 302 422 422 302 302
GET  installations:claim      /installations/claim/                             302 302 200 200 200 200
POST installations:claim      /installations/claim/?code={kiosk}&installation={installation_id} 302 302 200 200 302 302
GET  installations:detail     /installations/{installation_id}/                 302 302 404 200 200 200
POST installations:change     /installations/{installation_id}/change/          302 302 404 403 302 302
POST installations:hours      /installations/{installation_id}/hours/           302 302 404 403 302 302
POST installations:identify   /installations/{installation_id}/identify/        302 302 404 302 302 302
POST installations:duplicate  /installations/{installation_id}/duplicate/       302 302 404 403 302 302
GET  installations:delete     /installations/{installation_id}/delete/          302 302 404 403 200 200
POST installations:delete     /installations/{installation_id}/delete/          302 302 404 403 302 302
GET  installations:fleet      /installations/{installation_id}/fleet/           302 302 404 200 200 200
POST installations:fleet-act  /installations/{installation_id}/fleet/do/        302 302 404 302 302 302
POST installations:add-display /installations/{installation_id}/displays/       302 302 404 403 302 302
POST installations:move-display /installations/{installation_id}/order/         302 302 404 403 302 302
GET  installations:display    /installations/{installation_id}/displays/{name}/ 302 302 404 403 200 200
POST installations:display    /installations/{installation_id}/displays/{name}/ 302 302 404 403 302 302
POST installations:remove-display /installations/{installation_id}/displays/{name}/remove/ 302 302 404 403 302 302
POST installations:release-screen /installations/{installation_id}/screens/{claimed}/release/ 302 302 404 403 302 302
GET  privacy                  /privacy/                                         200 200 200 200 200 200
GET  write-privacy            /account/privacy/                                 302 302 403 403 403 200
POST write-privacy            /account/privacy/                                 302 302 403 403 403 302
GET  featured                 /mission-control/featured/                        302 302 403 403 403 200
POST featured                 /mission-control/featured/                        302 302 403 403 403 302
GET  unlock                   /unlock/                                          200 200 200 200 200 200
POST unlock                   /unlock/                                          403 403 403 403 403 403
POST lock                     /unlock/lock/                                     302 302 302 302 302 302
POST unlocked-stop            /unlock/stop-all/                                 302 302 302 302 302 302
GET  display-worker           /i/worker.js                                      200 200 200 200 200 200
GET  display                  /i/{installation_id}/{name}/                      200 200 200 200 200 200
GET  display-code             /i/{installation_id}/{name}/code.svg              200 200 200 200 200 200
POST press-display            /i/{installation_id}/{name}/press/                403 403 403 403 403 403
GET  kiosk                    /kiosk/                                           200 200 200 200 200 200
GET  short                    /r/{code}                                         302 302 302 302 302 302
GET  mission-control          /mission-control/                                 302 302 403 403 403 200
GET  mission-control-figures  /mission-control/figures/                         302 302 403 403 403 200
GET  mission-control-work     /mission-control/under-way/                            302 302 403 403 403 200
GET  mission-control-work-now /mission-control/under-way/now/                        302 302 403 403 403 200
POST mission-control-act      /mission-control/under-way/act/                        302 302 403 403 403 302
GET  disk-banner              /mission-control/disk/                            302 302 403 403 403 200
GET  mission-control-errors   /mission-control/errors/                          302 302 403 403 403 200
GET  mission-control-storage  /mission-control/storage/                         302 302 403 403 403 200
POST mission-control-storage  /mission-control/storage/                         302 302 403 403 403 302
GET  mission-control-storage-bundles /mission-control/storage/bundles/          302 302 403 403 403 200
GET  stop-all                 /mission-control/stop-all/                        302 302 403 403 403 200
GET  receipt                  /mission-control/stop-all/{stop_all_id}/             302 302 403 403 403 200
POST stop-all                 /mission-control/stop-all/                        302 302 403 403 403 302
POST resume-all               /mission-control/resume-all/                      302 302 403 403 403 302
GET  backups                  /mission-control/backups/                         302 302 403 403 403 200
POST make-backup              /mission-control/backups/make/                    302 302 403 403 403 302
GET  backup                   /mission-control/backups/{backup}                  302 302 403 403 403 200
GET  servers                  /mission-control/servers/                         302 302 403 403 403 200
POST add-server               /mission-control/servers/add/                     302 302 403 403 403 400
POST add-workflow             /mission-control/servers/workflow/                302 302 403 403 403 400
POST remove-workflow          /mission-control/servers/workflow/nothing/remove/ 302 302 403 403 403 404
GET  uploaded-workflow        /mission-control/servers/workflow/nothing/        302 302 403 403 403 404
GET  server                   /mission-control/servers/{server_id}/             302 302 403 403 403 200
POST look-at-server           /mission-control/servers/{server_id}/look/        302 302 403 403 403 302
POST remove-server            /mission-control/servers/{server_id}/remove/      302 302 403 403 403 302
POST callback                 /webhooks/replicate/house/a-key/                   401 401 401 401 401 401
GET  healthz                  /healthz                                          200 200 200 200 200 200
GET  readyz                   /readyz                                           503 503 503 503 503 503
GET  metrics                  /metrics                                          200 200 200 200 200 200
"""
_GRID = {"type": "grid", "name": "wall", "rows": "1", "columns": "2"}
# What an attendant is told where that is not what others are who have nothing to do with the network
ATTENDANT = {"GET networks:attendant": 200, "POST networks:attendant": 302}
GIVEN: dict[str, dict[str, str]] = {
    "POST farm-worker": {"name": "Machine"},
    "POST farm-status": {"requested_status": "asleep"},
    "POST farm-changes": {"do": "asleep"},
    "POST write-privacy": {"language": "en", "text": "Nothing is kept."},
    "POST networks:stream": {"action": "stop"},
    "POST networks:add-stream-target": {"name": "Far", "address": "rtmp://live.example/app"},
    "POST networks:stream-target": {"action": "off"},
    "POST networks:attendant": {"take_down": "{step}:placeholder"},
    "POST notifications:new": {
        "name": "Watch",
        "address": "gotify://93.184.216.34/abcdefghijklmno",
        "occasions": "run-failed",
        "digest_minutes": "15",
        "language": "en",
    },
    "POST notifications:detail": {
        "name": "Hall",
        "occasions": "run-failed",
        "digest_minutes": "15",
        "language": "en",
    },
    "POST keys:list": {"platform": "openai", "name": "Studio", "secret": "sk-of-a-test"},
    "POST keys:detail": {"name": "Hall"},
    "POST keys:replace": {"secret": "sk-of-a-test"},
    "POST keys:lend": {"email": "erin@example.org"},
    "POST keys:allow-operator-keys": {"may": "yes"},
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
    "POST runs:make-contact-sheet": {"step": "0"},
    "POST installations:new": {"name": "Foyer", "network": "{network_id}", "screens": "1"},
    "POST installations:claim": {"display": "wall"},
    "POST installations:change": {"name": "Foyer", "network": "{network_id}"},
    "POST installations:fleet-act": {"do": "mute"},
    "POST installations:add-display": {**_GRID, "name": "new"},
    "POST installations:move-display": {"do": "wall 0"},
    "POST installations:display": _GRID,
    "POST stop-all": {"sure": "yes"},
}
