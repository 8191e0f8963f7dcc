// A network's plain wall opens behind a broken proxy too.
import { registerWorker } from "./ours.js";

registerWorker();
