// Makes a page live: <body data-live="/ws/networks/<slug>/"> and this module.
import { connect } from "./connect.js";

const url = document.body.dataset.live;
const kept = `cursor ${url}`; // a page that begins afresh takes it along
const cursor = sessionStorage.getItem(kept) ?? "";
sessionStorage.removeItem(kept);
if (url) connect(url, { cursor });
