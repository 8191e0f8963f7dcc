// Slots are dragged by their handle, and moved by Alt and the arrow keys.
import { draggable } from "../drag.js";
import { enqueue } from "./queue.js";

draggable({ item: "[data-slot]", handle: ".slot-handle", card: ".slot", move: (_, from, to) => enqueue({ do: `move ${from} ${to}` }) });
