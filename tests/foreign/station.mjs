// A charging station made with the npm package `ocpp-rpc` in strict mode: a partner for tests.
//
//   node station.mjs URL NAME PROTOCOL SPEED [PASSWORD]
//
// A person or a test types JSON lines: {"do": "plug", "watts": 11000, "needs": 500}, "unplug",
// "cut", "join", "lose" with an "action" whose next answer is not heard, "end". Each thing that
// happens is a JSON line on standard output.

import { createInterface } from "node:readline";
import { createRequire } from "node:module";
import { Outlet } from "./outlet.mjs";
import { Profiles } from "./profiles.mjs";
import { words16 } from "./words16.mjs";
import { words201 } from "./words201.mjs";

const { RPCClient, RPCError } = createRequire(import.meta.url)("ocpp-rpc");

const REDIAL_MS = 100;
const ATTEMPTS = 3;
const SAMPLE_S = 60;

const say = (event, what = {}) => process.stdout.write(JSON.stringify({ event, ...what }) + "\n");
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

class Station {
  constructor([url, name, protocol, speed, password]) {
    this.speed = Number(speed);
    this.sampleS = SAMPLE_S;
    this.profiles = new Profiles(this.speed);
    this.words = (protocol === "ocpp1.6" ? words16 : words201)(this);
    this.outlet = new Outlet({
      speed: this.speed,
      energyWh: 5000,
      limitW: () => this.profiles.limitW(this.transaction?.beganMs ?? Date.now()),
    });
    this.outlet.listeners.push((storyS) => this.look(storyS));
    this.name = name;
    this.authorised = null; // who may charge: { token, remoteStartId }
    this.transaction = null;
    this.reservation = null;
    this.isFinishing = false;
    this.status = "";
    this.queue = [];
    this.lost = [];
    this.serial = 0;
    this.isBooted = false;
    this.isAllowed = true;
    this.client = new RPCClient({
      endpoint: url,
      identity: name,
      protocols: [protocol],
      strictMode: true,
      password: password ?? undefined,
      reconnect: false,
      callTimeoutMs: 10000,
    });
    this.client.on("strictValidationFailure", (failure) =>
      say("violation", { outbound: failure.outbound, action: failure.method, text: String(failure.error) }),
    );
    this.client.on("badMessage", ({ error }) => say("violation", { text: String(error) }));
    this.client.on("close", () => this.dial());
    for (const [action, answer] of Object.entries(this.words.answers)) {
      this.client.handle(action, ({ params }) => {
        say("heard", { action, params });
        return answer(params);
      });
    }
  }

  get isUp() {
    return this.client.state === RPCClient.OPEN;
  }

  async dial() {
    for (; this.isAllowed; await pause(REDIAL_MS)) {
      try {
        await this.client.connect();
        break;
      } catch (error) {
        say("away", { text: String(error) });
      }
    }
    if (!this.isUp) return;
    try {
      if (!this.isBooted) await this.words.boot();
      this.isBooted = true;
      say("connected");
      await this.words.sayStatus(this.status || "Available");
      await this.pump();
    } catch (error) {
      say("away", { text: String(error) });
    }
  }

  enqueue(action, params, then = () => {}) {
    this.queue.push({ action, params, then, attempts: 0 });
    this.pump();
  }

  async pump() {
    if (this.isPumping) return;
    this.isPumping = true;
    try {
      while (this.isUp && this.isBooted && this.queue.length > 0) await this.sayFirst();
    } finally {
      this.isPumping = false;
    }
  }

  async sayFirst() {
    const message = this.queue[0];
    let answer;
    try {
      answer = await this.client.call(message.action, message.params());
    } catch (error) {
      if (!(error instanceof RPCError)) return; // the link went: it is said again
      say("refused", { action: message.action, text: String(error) });
      message.attempts += 1;
      if (message.attempts >= ATTEMPTS) this.queue.shift();
      return;
    }
    if (this.lost.includes(message.action)) {
      this.lost = this.lost.filter((each) => each !== message.action);
      say("lost", { action: message.action });
      await this.client.close({ force: true });
      return;
    }
    this.queue.shift();
    say("answered", { action: message.action, answer });
    message.then(answer);
  }

  authorise(who, trigger) {
    this.authorised = who;
    this.settle(trigger);
  }

  withdraw(reason, trigger) {
    this.authorised = null;
    this.settle(trigger, reason);
  }

  settle(trigger, reason = "Local") {
    const both = this.authorised !== null && this.outlet.isPlugged;
    if (this.transaction && !both) this.finish(reason, trigger);
    if (!this.transaction && both) this.begin(trigger);
    this.look(0);
  }

  begin(trigger) {
    this.outlet.pass();
    this.serial += 1;
    this.transaction = {
      key: `${this.name}-${Date.now()}-${this.serial}`,
      who: this.authorised,
      beganMs: Date.now(),
      beganAt: new Date().toISOString(),
      beganWh: this.outlet.registerWh,
      sequence: 0,
      sinceSampleS: 0,
      activity: "",
    };
    if (this.reservation?.token === this.authorised.token) {
      this.transaction.reservation = this.reservation.id;
      this.reservation = null;
    }
    this.outlet.switch(true);
    this.words.began(this.transaction, trigger);
    say("began", { transaction: this.transaction.key, registerWh: this.outlet.registerWh });
  }

  finish(reason, trigger) {
    this.outlet.pass();
    const transaction = this.transaction;
    this.outlet.switch(false);
    this.transaction = this.authorised = null;
    this.isFinishing = this.outlet.isPlugged;
    this.profiles.clear((each) => each.purpose === "TxProfile");
    this.words.ended(transaction, reason, trigger);
    say("ended", { reason, registerWh: this.outlet.registerWh });
  }

  look(storyS) {
    const transaction = this.transaction;
    if (transaction) {
      transaction.sinceSampleS += storyS;
      if (this.outlet.activity !== transaction.activity) {
        transaction.activity = this.outlet.activity;
        if (transaction.activity === "SuspendedEVSE") {
          say("suspended", { registerWh: this.outlet.registerWh });
        }
        this.words.changed(transaction);
      }
      if (transaction.sinceSampleS >= this.sampleS) {
        transaction.sinceSampleS -= this.sampleS;
        this.words.sampled(transaction, "MeterValuePeriodic");
      }
    }
    const status = this.words.status();
    if (status !== this.status) {
      this.status = status;
      say("status", { status });
      if (this.isUp && this.isBooted) this.words.sayStatus(status).catch(() => {});
    }
  }

  plugIn(watts, needsWh) {
    this.outlet.plugIn(watts, needsWh);
    this.settle("CablePluggedIn");
  }

  unplug() {
    this.outlet.unplug();
    this.isFinishing = false;
    this.settle("EVCommunicationLost", "EVDisconnected");
  }

  async obey(command) {
    switch (command.do) {
      case "plug":
        return this.plugIn(command.watts, command.needs);
      case "unplug":
        return this.unplug();
      case "cut":
        this.isAllowed = false;
        return this.client.close({ force: true });
      case "join":
        this.isAllowed = true;
        return this.dial();
      case "lose":
        return this.lost.push(command.action);
      default:
        return this.end();
    }
  }

  async end() {
    this.isAllowed = false;
    this.outlet.end();
    await this.client.close({ force: true });
    process.exit(0);
  }
}

const station = new Station(process.argv.slice(2));
const lines = createInterface({ input: process.stdin });
lines.on("line", (line) => station.obey(JSON.parse(line)));
lines.on("close", () => station.end());
station.dial();
