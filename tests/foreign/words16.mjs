// What the station says and answers in OCPP 1.6.

const STATUSES = new Set(["Charging", "SuspendedEV", "SuspendedEVSE"]);

export function words16(station) {
  const accepted = () => ({ status: "Accepted" });
  const number = (transaction) => transaction.told ?? -1;
  const isMine = (id) => station.transaction && station.transaction.told === id;

  const meterValue = (context) => ({
    timestamp: new Date().toISOString(),
    sampledValue: [
      {
        value: String(station.outlet.registerWh),
        measurand: "Energy.Active.Import.Register",
        unit: "Wh",
        context,
      },
      { value: String(station.outlet.powerW), measurand: "Power.Active.Import", unit: "W", context },
    ],
  });

  const keep = (profile) =>
    station.profiles.install({
      id: profile.chargingProfileId,
      level: profile.stackLevel,
      purpose: profile.chargingProfilePurpose,
      kind: profile.chargingProfileKind,
      schedule: profile.chargingSchedule,
    });

  const words = {
    async boot() {
      for (;;) {
        const answer = await station.client.call("BootNotification", {
          chargePointVendor: "ocpp-rpc",
          chargePointModel: "partner16",
        });
        if (answer.status === "Accepted") return;
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    },

    status() {
      const { transaction, outlet } = station;
      if (transaction) return STATUSES.has(outlet.activity) ? outlet.activity : "Preparing";
      if (outlet.isPlugged || station.authorised) {
        return station.isFinishing ? "Finishing" : "Preparing";
      }
      return station.reservation ? "Reserved" : "Available";
    },

    async sayStatus(status) {
      await station.client.call("StatusNotification", {
        connectorId: 1,
        errorCode: "NoError",
        status,
        timestamp: new Date().toISOString(),
      });
    },

    began(transaction) {
      const params = {
        connectorId: 1,
        idTag: transaction.who.token,
        meterStart: transaction.beganWh,
        timestamp: transaction.beganAt,
      };
      if (transaction.reservation !== undefined) params.reservationId = transaction.reservation;
      station.enqueue("StartTransaction", () => params, (answer) => {
        transaction.told = answer.transactionId;
        const isOn = station.transaction === transaction;
        if (isOn && answer.idTagInfo.status !== "Accepted") station.withdraw("DeAuthorized");
      });
    },

    changed() {},

    sampled(transaction, trigger) {
      const value = meterValue(trigger === "Trigger" ? "Trigger" : "Sample.Periodic");
      station.enqueue("MeterValues", () => ({
        connectorId: 1,
        transactionId: number(transaction),
        meterValue: [value],
      }));
    },

    ended(transaction, reason) {
      const params = {
        timestamp: new Date().toISOString(),
        meterStop: station.outlet.registerWh,
        reason,
        idTag: transaction.who.token,
      };
      station.enqueue("StopTransaction", () => ({
        ...params,
        transactionId: number(transaction),
      }));
    },

    answers: {
      RemoteStartTransaction({ idTag, connectorId, chargingProfile }) {
        const isTaken = station.transaction || station.authorised;
        const isKept = station.reservation && station.reservation.token !== idTag;
        if (isTaken || isKept || (connectorId ?? 1) !== 1) return { status: "Rejected" };
        if (chargingProfile) keep(chargingProfile);
        setImmediate(() => station.authorise({ token: idTag }, "RemoteStart"));
        return accepted();
      },
      RemoteStopTransaction({ transactionId }) {
        if (!isMine(transactionId)) return { status: "Rejected" };
        setImmediate(() => station.withdraw("Remote", "RemoteStop"));
        return accepted();
      },
      SetChargingProfile({ csChargingProfiles: profile }) {
        const isOwn = profile.chargingProfilePurpose === "TxProfile";
        if (isOwn && !isMine(profile.transactionId)) return { status: "Rejected" };
        keep(profile);
        return accepted();
      },
      ClearChargingProfile({ id, chargingProfilePurpose, stackLevel }) {
        const done = station.profiles.clear(
          (each) =>
            (id === undefined || each.id === id) &&
            (chargingProfilePurpose === undefined || each.purpose === chargingProfilePurpose) &&
            (stackLevel === undefined || each.level === stackLevel),
        );
        return { status: done ? "Accepted" : "Unknown" };
      },
      ReserveNow({ reservationId, idTag }) {
        if (station.outlet.isPlugged || station.transaction) return { status: "Occupied" };
        station.reservation = { id: reservationId, token: idTag };
        return accepted();
      },
      CancelReservation({ reservationId }) {
        if (station.reservation?.id !== reservationId) return { status: "Rejected" };
        station.reservation = null;
        return accepted();
      },
      GetConfiguration({ key }) {
        const known = {
          NumberOfConnectors: "1",
          SupportedFeatureProfiles: "Core,Reservation,SmartCharging,RemoteTrigger",
          MeterValueSampleInterval: String(station.sampleS),
          ChargingScheduleAllowedChargingRateUnit: "Current,Power",
          ChargeProfileMaxStackLevel: "3",
        };
        const asked = key ?? Object.keys(known);
        return {
          configurationKey: asked
            .filter((each) => each in known)
            .map((each) => ({ key: each, readonly: true, value: known[each] })),
          unknownKey: asked.filter((each) => !(each in known)),
        };
      },
      ChangeConfiguration({ key, value }) {
        if (key !== "MeterValueSampleInterval") return { status: "NotSupported" };
        station.sampleS = Number(value);
        return accepted();
      },
      ChangeAvailability: accepted,
      UnlockConnector: () => ({ status: "Unlocked" }),
      TriggerMessage({ requestedMessage }) {
        setImmediate(() => {
          if (requestedMessage === "StatusNotification") words.sayStatus(station.status);
          if (requestedMessage !== "MeterValues") return;
          if (station.transaction) words.sampled(station.transaction, "Trigger");
          else {
            station.client.call("MeterValues", {
              connectorId: 1,
              meterValue: [meterValue("Trigger")],
            });
          }
        });
        const does = ["StatusNotification", "MeterValues"].includes(requestedMessage);
        return { status: does ? "Accepted" : "NotImplemented" };
      },
    },
  };
  return words;
}
