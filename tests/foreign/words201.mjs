// What the station says and answers in OCPP 2.0.1.

export function words201(station) {
  const accepted = () => ({ status: "Accepted" });
  const evse = { id: 1, connectorId: 1 };
  const isMine = (id) => station.transaction && station.transaction.key === id;

  const meterValue = (context) => ({
    timestamp: new Date().toISOString(),
    sampledValue: [
      {
        value: station.outlet.registerWh,
        measurand: "Energy.Active.Import.Register",
        unitOfMeasure: { unit: "Wh" },
        context,
      },
      {
        value: station.outlet.powerW,
        measurand: "Power.Active.Import",
        unitOfMeasure: { unit: "W" },
        context,
      },
    ],
  });

  const keep = (profile) =>
    station.profiles.install({
      id: profile.id,
      level: profile.stackLevel,
      purpose: profile.chargingProfilePurpose,
      kind: profile.chargingProfileKind,
      schedule: profile.chargingSchedule[0],
    });

  const tell = (transaction, eventType, triggerReason, more, context) => {
    const params = {
      eventType,
      timestamp: new Date().toISOString(),
      triggerReason,
      seqNo: transaction.sequence++,
      transactionInfo: { transactionId: transaction.key, ...more.transactionInfo },
      evse,
      meterValue: [meterValue(context)],
      ...more.event,
    };
    if (!station.isUp) params.offline = true;
    station.enqueue("TransactionEvent", () => params, (answer) => {
      const isOver = answer.idTokenInfo && answer.idTokenInfo.status !== "Accepted";
      if (isOver && station.transaction === transaction) {
        station.withdraw("DeAuthorized", "Deauthorized");
      }
    });
  };

  const words = {
    async boot() {
      for (;;) {
        const answer = await station.client.call("BootNotification", {
          reason: "PowerUp",
          chargingStation: { model: "partner201", vendorName: "ocpp-rpc" },
        });
        if (answer.status === "Accepted") return;
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    },

    status() {
      if (station.transaction || station.outlet.isPlugged) return "Occupied";
      return station.reservation ? "Reserved" : "Available";
    },

    async sayStatus(status) {
      await station.client.call("StatusNotification", {
        timestamp: new Date().toISOString(),
        connectorStatus: status,
        evseId: 1,
        connectorId: 1,
      });
    },

    began(transaction, trigger) {
      const { token, type, remoteStartId } = transaction.who;
      const event = { idToken: { idToken: token, type } };
      if (transaction.reservation !== undefined) event.reservationId = transaction.reservation;
      const transactionInfo = { chargingState: "EVConnected", remoteStartId };
      tell(transaction, "Started", trigger, { event, transactionInfo }, "Transaction.Begin");
    },

    changed(transaction) {
      const transactionInfo = { chargingState: transaction.activity };
      tell(transaction, "Updated", "ChargingStateChanged", { transactionInfo }, "Other");
    },

    sampled(transaction, trigger) {
      const transactionInfo = { chargingState: transaction.activity };
      const context = trigger === "Trigger" ? "Trigger" : "Sample.Periodic";
      tell(transaction, "Updated", trigger, { transactionInfo }, context);
    },

    ended(transaction, reason, trigger) {
      const transactionInfo = { stoppedReason: reason };
      tell(transaction, "Ended", trigger, { transactionInfo }, "Transaction.End");
    },

    answers: {
      RequestStartTransaction({ idToken, remoteStartId, evseId, chargingProfile }) {
        const isTaken = station.transaction || station.authorised;
        const isKept = station.reservation && station.reservation.token !== idToken.idToken;
        if (isTaken || isKept || (evseId ?? 1) !== 1) return { status: "Rejected" };
        if (chargingProfile) keep(chargingProfile);
        const who = { token: idToken.idToken, type: idToken.type, remoteStartId };
        setImmediate(() => station.authorise(who, "RemoteStart"));
        return accepted();
      },
      RequestStopTransaction({ transactionId }) {
        if (!isMine(transactionId)) return { status: "Rejected" };
        setImmediate(() => station.withdraw("Remote", "RemoteStop"));
        return accepted();
      },
      SetChargingProfile({ chargingProfile: profile }) {
        const isOwn = profile.chargingProfilePurpose === "TxProfile";
        if (isOwn && !isMine(profile.transactionId)) return { status: "Rejected" };
        keep(profile);
        return accepted();
      },
      ClearChargingProfile({ chargingProfileId: id, chargingProfileCriteria: criteria = {} }) {
        const { chargingProfilePurpose, stackLevel } = criteria;
        const done = station.profiles.clear(
          (each) =>
            (id === undefined || each.id === id) &&
            (chargingProfilePurpose === undefined || each.purpose === chargingProfilePurpose) &&
            (stackLevel === undefined || each.level === stackLevel),
        );
        return { status: done ? "Accepted" : "Unknown" };
      },
      ReserveNow({ id, idToken }) {
        if (station.outlet.isPlugged || station.transaction) return { status: "Occupied" };
        station.reservation = { id, token: idToken.idToken };
        return accepted();
      },
      CancelReservation({ reservationId }) {
        if (station.reservation?.id !== reservationId) return { status: "Rejected" };
        station.reservation = null;
        return accepted();
      },
      CostUpdated: () => ({}),
      GetTransactionStatus({ transactionId }) {
        const messagesInQueue = station.queue.length > 0;
        if (transactionId === undefined) return { messagesInQueue };
        return { messagesInQueue, ongoingIndicator: Boolean(isMine(transactionId)) };
      },
      GetVariables({ getVariableData }) {
        const known = {
          "SampledDataCtrlr.TxUpdatedInterval": String(station.sampleS),
          "SmartChargingCtrlr.RateUnit": "A,W",
          "TxCtrlr.TxStartPoint": "PowerPathClosed",
          "TxCtrlr.TxStopPoint": "PowerPathClosed",
        };
        return {
          getVariableResult: getVariableData.map(({ component, variable }) => {
            const value = known[`${component.name}.${variable.name}`];
            const attributeStatus = value === undefined ? "UnknownVariable" : "Accepted";
            const told = value === undefined ? {} : { attributeValue: value };
            return { component, variable, attributeStatus, ...told };
          }),
        };
      },
      SetVariables({ setVariableData }) {
        return {
          setVariableResult: setVariableData.map(({ component, variable, attributeValue }) => {
            const isSampling = variable.name === "TxUpdatedInterval";
            if (isSampling) station.sampleS = Number(attributeValue);
            const attributeStatus = isSampling ? "Accepted" : "UnknownVariable";
            return { component, variable, attributeStatus };
          }),
        };
      },
      ChangeAvailability: accepted,
      UnlockConnector: () => ({ status: "Unlocked" }),
      TriggerMessage({ requestedMessage }) {
        setImmediate(() => {
          if (requestedMessage === "StatusNotification") words.sayStatus(station.status);
          if (requestedMessage === "MeterValues") {
            const value = meterValue("Trigger");
            station.client.call("MeterValues", { evseId: 1, meterValue: [value] });
          }
          if (requestedMessage === "TransactionEvent" && station.transaction) {
            words.sampled(station.transaction, "Trigger");
          }
        });
        const does = ["StatusNotification", "MeterValues", "TransactionEvent"];
        return { status: does.includes(requestedMessage) ? "Accepted" : "NotImplemented" };
      },
    },
  };
  return words;
}
