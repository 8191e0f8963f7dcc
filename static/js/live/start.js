// Makes a page live: <body data-live="/ws/networks/<slug>/"> and this module.
import { session } from "../storage.js";
import { connect } from "./connect.js";

const url = document.body.dataset.live;
const kept = `cursor ${url}`; // a page that begins afresh takes it along
const cursor = session.get(kept) ?? "";
session.remove(kept);
const onState = (detail) => document.dispatchEvent(new CustomEvent("panic:state", { detail }));
if (url) connect(url, { cursor, onState });
