"""Who may make which call of the API: one line for each.

A new call gets its line here (and what it sends in GIVEN): method, path, and the status for a stranger,
a guest with a terminal token, a curator who has nothing to do with the network, a collaborator, the
owner, and an admin. After the bar: the same where the network is public. The names in braces are
those of stage.py. Columns need not be aligned: parallel lines merge.
"""

from __future__ import annotations

#                                                                   stranger ... owner, admin
TABLE = """
GET    /events?topic={topic}                            401 404 404 200 200 200 | 200 200 200 200 200 200
GET    /installations                                   401 403 200 200 200 200
POST   /installations                                   401 403 422 403 201 201 | 401 403 403 403 201 201
GET    /installations/{installation_id}                 401 403 404 200 200 200
PATCH  /installations/{installation_id}                 401 403 404 403 200 200
DELETE /installations/{installation_id}                 401 403 404 403 204 204
GET    /installations/{installation_id}/displays        401 403 404 200 200 200
POST   /installations/{installation_id}/displays        401 403 404 403 201 201
GET    /installations/{installation_id}/displays/{name} 401 403 404 200 200 200
PATCH  /installations/{installation_id}/displays/{name} 401 403 404 403 200 200
DELETE /installations/{installation_id}/displays/{name} 401 403 404 403 204 204
POST   /installations/{installation_id}/displays/{name}/identify 401 403 404 204 204 204
POST   /installations/{installation_id}/displays/{name}/reload 401 403 404 204 204 204
POST   /installations/{installation_id}/displays/{name}/mute 401 403 404 204 204 204
POST   /installations/{installation_id}/displays/{name}/volume 401 403 404 204 204 204
POST   /installations/{installation_id}/displays/{name}/test-sound 401 403 404 204 204 204
POST   /installations/{installation_id}/identify        401 403 404 204 204 204
GET    /installations/{installation_id}/watching        401 403 404 200 200 200
GET    /invocations/{invocation_id}                     401 404 404 200 200 200 | 200 200 200 200 200 200
POST   /invocations/{invocation_id}/branch              401 404 404 201 201 201 | 401 403 403 201 201 201
POST   /invocations/{invocation_id}/redraw              401 404 404 201 201 201 | 401 403 403 201 201 201
POST   /invocations/{invocation_id}/short               401 404 404 200 200 200 | 401 403 403 200 200 200
POST   /kiosks/claim                                    401 403 404 403 200 200
GET    /models                                          200 200 200 200 200 200
GET    /models/{model_id}                               200 200 200 200 200 200
GET    /networks                                        200 200 200 200 200 200
POST   /networks                                        401 403 201 201 201 201
GET    /networks/{slug}                                 401 403 404 200 200 200 | 200 200 200 200 200 200
PATCH  /networks/{slug}                                 401 403 404 403 200 200 | 401 403 403 403 200 200
DELETE /networks/{slug}                                 401 403 404 403 204 204 | 401 403 403 403 204 204
GET    /networks/{slug}/attendant                       401 403 404 200 200 200 | 401 403 403 200 200 200
POST   /networks/{slug}/attendant/pause                 401 403 404 200 200 200 | 401 403 403 200 200 200
POST   /networks/{slug}/attendant/resume                401 403 404 409 409 409 | 401 403 403 409 409 409
POST   /networks/{slug}/attendant/stop                  401 403 404 200 200 200 | 401 403 403 200 200 200
POST   /networks/{slug}/attendant/attract               401 403 404 422 422 422 | 401 403 403 422 422 422
POST   /networks/{slug}/attendant/takedowns             401 403 404 201 201 201 | 401 403 403 201 201 201
GET    /networks/{slug}/collaborators                   401 403 404 403 200 200 | 401 403 403 403 200 200
POST   /networks/{slug}/collaborators                   401 403 404 403 201 201 | 401 403 403 403 201 201
DELETE /networks/{slug}/collaborators/{share_id}        401 403 404 403 204 204 | 401 403 403 403 204 204
GET    /networks/{slug}/costs                           401 403 404 200 200 200 | 401 403 403 200 200 200
GET    /networks/{slug}/stream                          401 403 404 200 200 200 | 200 200 200 200 200 200
PATCH  /networks/{slug}/stream                          401 403 404 200 200 200 | 401 403 403 200 200 200
POST   /networks/{slug}/stream/start                    401 403 404 200 200 200 | 401 403 403 200 200 200
POST   /networks/{slug}/stream/stop                     401 403 404 200 200 200 | 401 403 403 200 200 200
GET    /networks/{slug}/stream/targets                  401 403 404 200 200 200 | 401 403 403 200 200 200
POST   /networks/{slug}/stream/targets                  401 403 404 403 201 201 | 401 403 403 403 201 201
PATCH  /networks/{slug}/stream/targets/{target_id}      401 403 404 403 200 200 | 401 403 403 403 200 200
DELETE /networks/{slug}/stream/targets/{target_id}      401 403 404 403 204 204 | 401 403 403 403 204 204
GET    /networks/{slug}/warm                            401 403 404 200 200 200 | 401 403 403 200 200 200
POST   /networks/{slug}/duplicate                       401 403 404 201 201 201 | 401 403 201 201 201 201
GET    /networks/{slug}/holdings                        401 403 404 403 200 200 | 401 403 403 403 200 200
POST   /networks/{slug}/imports                         401 403 404 422 422 422 | 401 403 403 422 422 422
POST   /networks/{slug}/leave                           401 403 404 204 403 403 | 401 403 403 204 403 403
GET    /networks/{slug}/runs                            401 403 404 200 200 200 | 200 200 200 200 200 200
POST   /networks/{slug}/runs                            401 201 404 201 201 201 | 401 201 403 201 201 201
GET    /networks/{slug}/trajectory                      401 403 404 200 200 200 | 200 200 200 200 200 200
GET    /runs/{run_id}/trajectory                        401 404 404 200 200 200 | 200 200 200 200 200 200
GET    /search?q=bell                                   503 503 503 503 503 503
GET    /redraws/{redraw_id}                             401 404 404 200 200 200
POST   /networks/{slug}/stop                            401 403 404 200 200 200 | 401 403 403 200 200 200
POST   /networks/{slug}/warm                            401 403 404 202 202 202 | 401 403 403 202 202 202
POST   /networks/{slug}/terminal-tokens                 401 403 404 201 201 201 | 401 403 403 201 201 201
DELETE /networks/{slug}/terminal-tokens                 401 403 404 204 204 204 | 401 403 403 204 204 204
DELETE /networks/{slug}/terminal-tokens/{token_id}      401 403 404 204 204 204 | 401 403 403 204 204 204
GET    /featured-network                                200 200 200 200 200 200
PUT    /featured-network                                401 403 403 403 403 200
GET    /privacy-notices                                 200 200 200 200 200 200
PUT    /privacy-notices/{language}                      401 403 403 403 403 200
POST   /resume-all                                      401 403 403 403 403 200
GET    /runs                                            200 200 200 200 200 200
GET    /runs/{run_id}                                   401 404 404 200 200 200 | 200 200 200 200 200 200
PATCH  /runs/{run_id}                                   401 404 404 403 200 200 | 401 403 403 403 200 200
DELETE /runs/{run_id}                                   401 404 404 403 204 204 | 401 403 403 403 204 204
GET    /runs/{run_id}/bundle                            401 404 404 200 200 200 | 200 200 200 200 200 200
GET    /runs/{run_id}/invocations                       401 404 404 200 200 200 | 200 200 200 200 200 200
POST   /runs/{run_id}/pause                             401 404 404 200 200 200 | 401 403 403 200 200 200
PUT    /runs/{run_id}/rating                            401 404 404 200 200 200 | 401 403 200 200 200 200
DELETE /runs/{run_id}/rating                            401 404 404 200 200 200 | 401 403 200 200 200 200
POST   /runs/{run_id}/resume                            401 404 404 409 409 409 | 401 403 403 409 409 409
POST   /runs/{run_id}/sheets                            401 404 404 201 201 201 | 401 403 403 201 201 201
POST   /runs/{run_id}/stop                              401 404 404 200 200 200 | 401 403 403 200 200 200
GET    /sheets/{sheet_id}                               200 200 200 200 200 200
DELETE /sheets/{sheet_id}                               401 403 403 204 204 204
DELETE /souvenirs/{key}                                 403 403 403 403 403 403
POST   /stop-all                                        401 403 403 403 403 200
GET    /stop-all/{stop_all_id}                             401 403 403 403 403 200
GET    /servers                                         401 403 403 403 403 200
POST   /servers                                         401 403 403 403 403 201
GET    /servers/{server_id}                             401 403 403 403 403 200
PATCH  /servers/{server_id}                             401 403 403 403 403 200
DELETE /servers/{server_id}                             401 403 403 403 403 204
POST   /servers/{server_id}/look                        401 403 403 403 403 200
GET    /backups 401 403 403 403 403 200
POST   /backups 401 403 403 403 403 202
GET    /backups/{backup} 401 403 403 403 403 200
GET    /workers                                         401 403 403 403 403 200
GET    /workers/tokens                                  401 403 403 403 403 200
DELETE /workers/tokens/{enrolment_id}                   401 403 403 403 403 204
POST   /workers/tokens                                  401 403 403 403 403 201
GET    /workers/{worker_id}                             401 403 403 403 403 200
PATCH  /workers/{worker_id}                             401 403 403 403 403 200
DELETE /workers/{worker_id}                             401 403 403 403 403 204
POST   /workers/{worker_id}/secret                      401 403 403 403 403 200
GET    /runs/{run_id}/blocklist                         401 404 404 200 200 200 | 401 403 403 200 200 200
DELETE /runs/{run_id}/blocklist/{entry_id}              401 404 404 204 204 204 | 401 403 403 204 204 204
GET    /invocations/{invocation_id}/why-waiting         401 404 404 200 200 200 | 401 403 403 200 200 200
GET    /invocations/{invocation_id}/timeline            401 404 404 200 200 200 | 401 403 403 200 200 200
POST   /invocations/{invocation_id}/retry               401 404 404 409 409 409 | 401 403 403 409 409 409
GET    /invocations/{invocation_id}/log                 401 404 404 200 200 200 | 401 403 403 200 200 200
GET    /workflows                                       401 403 403 403 403 200
POST   /workflows                                       401 403 403 403 403 422
GET    /workflows/{workflow_id}                         401 403 403 403 403 404
PATCH  /workflows/{workflow_id}                         401 403 403 403 403 404
DELETE /workflows/{workflow_id}                         401 403 403 403 403 404
GET    /boards 401 403 200 200 200 200
POST   /boards 401 403 201 201 201 201
GET    /boards/{board_id} 401 403 404 404 200 200
PATCH  /boards/{board_id} 401 403 404 404 200 200
DELETE /boards/{board_id} 401 403 404 404 204 204
POST   /boards/{board_id}/messages 401 403 404 404 202 202
GET    /notification-channels 401 403 200 200 200 200
POST   /notification-channels 401 403 201 201 201 201
GET    /notification-channels/{channel_id} 401 403 404 404 200 200
PATCH  /notification-channels/{channel_id} 401 403 404 404 200 200
DELETE /notification-channels/{channel_id} 401 403 404 404 204 204
POST   /notification-channels/{channel_id}/test 401 403 404 404 202 202
GET    /credentials 401 403 200 200 200 200
POST   /credentials 401 403 201 201 201 201
GET    /credentials/{credential_id} 401 403 404 200 200 404
PATCH  /credentials/{credential_id} 401 403 404 403 200 404
DELETE /credentials/{credential_id} 401 403 404 403 204 404
POST   /credentials/{credential_id}/test 401 403 404 403 200 404
GET    /networks/{slug}/credentials 401 403 404 403 200 200 | 401 403 403 403 200 200
PATCH  /networks/{slug}/credentials 401 403 404 403 200 200 | 401 403 403 403 200 200
GET    /house-keys 401 403 403 403 403 200
GET    /house-keys/people 401 403 403 403 403 200
PATCH  /house-keys/people/{person_id} 401 403 403 403 403 200
POST   /house-keys/{platform}/test 401 403 403 403 403 404
POST   /uploads 401 403 201 201 201 201
GET    /uploads/{upload_id} 401 403 404 404 200 200
PATCH  /uploads/{upload_id} 401 403 404 404 415 415
DELETE /uploads/{upload_id} 401 403 404 404 204 204
GET    /films 401 403 200 200 200 200
POST   /films 401 403 404 201 201 201 | 401 403 403 201 201 201
GET    /films/{film_id} 401 404 404 200 200 200
PATCH  /films/{film_id} 401 404 404 200 200 200
DELETE /films/{film_id} 401 404 404 204 204 204
POST   /films/{film_id}/cancel 401 404 404 200 200 200
POST   /films/{film_id}/retry 401 404 404 409 409 409
POST   /films/{film_id}/pause 401 404 404 200 200 200
POST   /films/{film_id}/resume 401 404 404 409 409 409
POST   /films/{film_id}/approve 401 404 404 409 409 409
"""
# What an attendant is told where that is not what others are who have nothing to do with the network
ATTENDANT = {
    "GET /networks/{slug}/attendant": 200,
    "POST /networks/{slug}/attendant/pause": 200,
    "POST /networks/{slug}/attendant/resume": 409,
    "POST /networks/{slug}/attendant/stop": 200,
    "POST /networks/{slug}/attendant/attract": 422,
    "POST /networks/{slug}/attendant/takedowns": 201,
}
GIVEN: dict[str, dict[str, object]] = {
    "PATCH /runs/{run_id}": {"retention": "kept"},
    "PUT /featured-network": {"network": None},
    "PUT /privacy-notices/{language}": {"text": "Nothing is kept."},
    "POST /networks/{slug}/attendant/takedowns": {"invocation": "{step}"},
    "PATCH /networks/{slug}/stream": {"bed": "silence"},
    "POST /networks/{slug}/stream/targets": {"name": "Far", "address": "rtmp://live.example/app"},
    "PATCH /networks/{slug}/stream/targets/{target_id}": {"enabled": False},
    "POST /boards": {"name": "Foyer", "key": "a-key"},
    "PATCH /boards/{board_id}": {"name": "Hall"},
    "POST /boards/{board_id}/messages": {"text": "hello"},
    "POST /notification-channels": {
        "name": "Watch",
        "address": "gotify://93.184.216.34/abcdefghijklmno",
    },
    "PATCH /notification-channels/{channel_id}": {"name": "Hall"},
    "POST /credentials": {"platform": "openai", "name": "Studio", "secret": "sk-of-a-test"},
    "PATCH /credentials/{credential_id}": {"name": "Hall"},
    "PATCH /networks/{slug}/credentials": {"picks": {}},
    "PATCH /house-keys/people/{person_id}": {"may_use_house_keys": True},
    "POST /servers": {"kind": "compatible", "name": "Attic", "address": "http://127.0.0.1:9/v1"},
    "PATCH /servers/{server_id}": {"name": "Loft"},
    "POST /workflows": {"name": "None", "workflow": {}},
    "PATCH /workers/{worker_id}": {"requested_status": "asleep"},
    "PATCH /workflows/{workflow_id}": {"server": None},
    "POST /installations": {"name": "Hall", "network": "whispers"},
    "PATCH /installations/{installation_id}": {"name": "Foyer"},
    "POST /installations/{installation_id}/displays": {
        "type": "grid",
        "name": "two",
        "rows": 1,
        "columns": 1,
    },
    "PATCH /installations/{installation_id}/displays/{name}": {"muted": True},
    "POST /installations/{installation_id}/identify": {},
    "POST /installations/{installation_id}/displays/{name}/mute": {"muted": True},
    "POST /installations/{installation_id}/displays/{name}/volume": {"volume": 0.5},
    "POST /invocations/{invocation_id}/branch": {},
    "POST /invocations/{invocation_id}/redraw": {"times": 3},
    "POST /networks": {"name": "Mine"},
    "PATCH /networks/{slug}": {"name": "Shouts"},
    "POST /networks/{slug}/collaborators": {"email": "erin@example.org"},
    "POST /networks/{slug}/runs": {"prompt": "a bell", "waive_lockout": True},
    "PUT /runs/{run_id}/rating": {"stars": 5},
    "POST /runs/{run_id}/sheets": {"sequences": [0]},
    "POST /uploads": {"bytes": 5, "content_type": "video/mp4"},
    "POST /films": {"recipe": "film-of-run", "run": "{run_id}"},
    "PATCH /films/{film_id}": {"retention": "kept"},
    "POST /kiosks/claim": {"code": "{kiosk}", "installation": "{installation_id}", "name": "new"},
}
