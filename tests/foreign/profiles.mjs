// Charging profiles of one connector: the transaction's own counts before the default.

const VOLTAGE_V = 230;

export class Profiles {
  constructor(speed) {
    this.speed = speed;
    this.kept = [];
  }

  install({ id, level, purpose, kind, schedule }) {
    this.kept = this.kept.filter(
      (each) => each.id !== id && !(each.level === level && each.purpose === purpose),
    );
    const start = kind === "Relative" ? undefined : schedule.startSchedule;
    this.kept.push({
      id,
      level,
      purpose,
      schedule,
      startMs: start ? Date.parse(start) : undefined,
    });
  }

  clear(fits) {
    const before = this.kept.length;
    this.kept = this.kept.filter((each) => !fits(each));
    return this.kept.length < before;
  }

  limitW(beganMs) {
    const bounds = ["TxProfile", "TxDefaultProfile"].map((purpose) => this.of(purpose, beganMs));
    return bounds.find((each) => each !== undefined) ?? Infinity;
  }

  of(purpose, beganMs) {
    const active = this.kept
      .filter((each) => each.purpose === purpose)
      .sort((one, other) => other.level - one.level)
      .map((each) => this.at(each, beganMs));
    return active.find((each) => each !== undefined);
  }

  at({ schedule, startMs }, beganMs) {
    const elapsedS = ((Date.now() - (startMs ?? beganMs)) / 1000) * this.speed;
    if (elapsedS < -1 || elapsedS >= (schedule.duration ?? Infinity)) return undefined;
    const periods = schedule.chargingSchedulePeriod.filter(
      (each) => each.startPeriod <= Math.max(elapsedS, 0),
    );
    const period = periods[periods.length - 1];
    const factor = schedule.chargingRateUnit === "A" ? VOLTAGE_V * (period.numberPhases ?? 3) : 1;
    return period.limit * factor;
  }
}
