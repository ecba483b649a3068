// nakama-js in the phases of benchmarks/phases.py: each line that comes names one, and is answered
// with the CPU time that each operation took, in microseconds.
// `node phases.mjs URL` needs `npm install --ignore-scripts` in this folder.

import { createInterface } from "node:readline";

import { Client } from "@heroiclabs/nakama-js";
import WebSocket from "ws"; // Node 20 has none of its own

// nakama-js forgets a socket that it closes; this tells when the connection has ended.
const closed = new Set();
globalThis.WebSocket = class extends WebSocket {
  constructor(...args) {
    super(...args);
    closed.add(new Promise((resolve) => this.addEventListener("close", resolve)));
  }
};

const [url] = process.argv.slice(2);
const { hostname, port } = new URL(url);
const client = new Client("defaultkey", hostname, port, false);
const LAST = "RPC, 64 in flight"; // afterwards the one socket of these phases is closed
const PAYLOAD = '{"a":1}';
const NOTIFICATION = "40857c06-2b8f-4d5f-9d2b-5a6f0d1c2e3f";

let session;
let socket;
const many = [];
let received = 0;
let awaited = 0;
let complete = () => {};

function receive(notification) {
  if (notification.content !== undefined && ++received === awaited) complete();
}

function arrival(count) {
  received = 0;
  awaited = count;
  return new Promise((resolve) => {
    complete = resolve;
  });
}

async function open() {
  const opened = client.createSocket(false);
  opened.onnotification = receive;
  opened.setHeartbeatTimeoutMs(60_000); // it gives up sockets on a busy machine otherwise
  await opened.connect(session, false);
  return opened;
}

async function repeat(count, call) {
  for (let number = 0; number < count; number += 1) await call();
  return count;
}

async function cost(work) {
  const before = process.cpuUsage();
  const count = await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / count;
}

const phases = {
  login: () =>
    cost(() => repeat(100, async () => (session = await client.authenticateDevice("phases-of-js")))),
  "HTTP RPC": () => cost(() => repeat(200, () => client.rpc(session, "echo", { a: 1 }))),
  list: () => cost(() => repeat(50, () => client.listNotifications(session, 100, "0"))),
  delete: () => cost(() => repeat(100, () => client.deleteNotifications(session, [NOTIFICATION]))),
  connect: (count) => cost(() => repeat(count, async () => many.push(await open()))),
  fan: (times) =>
    cost(async () => {
      const arrived = arrival(times * many.length);
      await repeat(times, () => many[0].rpc("fan", PAYLOAD));
      await arrived;
      return times * many.length;
    }),
  "RPC on each": () =>
    cost(async () => {
      await Promise.all(many.map((each) => each.rpc("echo", PAYLOAD)));
      return many.length;
    }),
  close: () =>
    cost(async () => {
      for (const each of many) each.disconnect(false);
      await Promise.all(closed);
      closed.clear();
      return many.splice(0).length;
    }),
  paced: (count) =>
    cost(async () => {
      socket ??= await open();
      const arrived = arrival(count);
      await socket.rpc("paced", PAYLOAD);
      await arrived;
      return count;
    }),
  burst: (count) =>
    cost(async () => {
      const arrived = arrival(count);
      await socket.rpc("burst", PAYLOAD);
      await arrived;
      return count;
    }),
  "RPC, 64 in flight": () =>
    cost(async () => {
      await Promise.all(
        Array.from({ length: 64 }, () => repeat(50, () => socket.rpc("echo", PAYLOAD))),
      );
      return 64 * 50;
    }),
};

for await (const line of createInterface({ input: process.stdin })) {
  const [phase, count] = JSON.parse(line);
  console.log(await phases[phase](count));
  if (phase === LAST) {
    socket.disconnect(false);
    await Promise.all(closed);
    closed.clear();
    socket = undefined;
  }
}
process.exit();
