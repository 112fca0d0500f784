// One outlet and its car: power is the least of car, limit and rating while it is switched on.

const TICK_MS = 10;
const RATED_W = 22000;

export class Outlet {
  constructor({ speed, energyWh, limitW }) {
    this.speed = speed;
    this.energyWh = energyWh;
    this.limitW = limitW; // a function: the limit of now
    this.isOn = false;
    this.demandW = null; // null: no car
    this.needsWh = Infinity;
    this.lastMs = performance.now();
    this.listeners = [];
    this.timer = setInterval(() => this.pass(), TICK_MS);
  }

  get isPlugged() {
    return this.demandW !== null;
  }

  get powerW() {
    if (!this.isOn || !this.isPlugged || this.needsWh <= 0) return 0;
    return Math.floor(Math.min(this.demandW, this.limitW(), RATED_W));
  }

  get registerWh() {
    return Math.floor(this.energyWh);
  }

  get activity() {
    if (this.powerW > 0) return "Charging";
    return this.isOn && this.limitW() > 0 ? "SuspendedEV" : "SuspendedEVSE";
  }

  pass() {
    const nowMs = performance.now();
    const storyS = ((nowMs - this.lastMs) / 1000) * this.speed;
    this.lastMs = nowMs;
    const flowedWh = Math.min((this.powerW * storyS) / 3600, this.needsWh);
    this.energyWh += flowedWh;
    this.needsWh -= flowedWh;
    for (const listener of this.listeners) listener(storyS);
  }

  plugIn(watts, needsWh) {
    this.pass();
    this.demandW = watts;
    this.needsWh = needsWh ?? Infinity;
  }

  unplug() {
    this.pass();
    this.demandW = null;
  }

  switch(on) {
    this.isOn = on;
  }

  end() {
    clearInterval(this.timer);
  }
}
