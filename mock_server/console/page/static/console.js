// The console: its views, and live updates.

import { browse } from "/_web/kit/browse.js";
import { follow, spaced } from "/_web/kit/live.js";
import { bindActions } from "./actions.js";
import { view as boards } from "./boards.js";
import { view as explorer } from "./explorer.js";
import { view as faults } from "./faults.js";
import { view as modules } from "./modules.js";
import { matches, parties, tickets } from "./multiplayer.js";
import { view as overview } from "./overview.js";
import { view as players } from "./players.js";
import { view as pushes } from "./pushes.js";
import { view as requests } from "./requests.js";
import { view as storage } from "./storage.js";

const views = { overview, requests, players, storage, boards, matches, parties, tickets, pushes, faults, modules, explorer };
const update = browse({
  title: "Nakama console",
  views: new Map(Object.entries(views)),
  chips: ["user", "collection"],
});

bindActions(update);
const updateSoon = spaced(update);
follow({ request: updateSoon, socket: updateSoon, push: updateSoon, modules: updateSoon, reset: update }, update);
