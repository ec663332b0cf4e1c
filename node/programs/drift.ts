import { readFileSync } from "fs";
import { join } from "path";
import { directories, driftUnits, paths } from "../layout";
import { renderUnit } from "../render/unit";

/** The script that compares a machine with what its steps have written. */
export const driftScript = (): string => readFileSync(join(__dirname, "drift.sh"), "utf8");

/** Runs the script once, as root, because it reads every file that a step writes. */
export const driftService = (): string =>
  renderUnit({
    Unit: { Description: "looks whether somebody has changed what hardway wrote" },
    Service: {
      Type: "oneshot",
      ExecStart: paths.driftScript,
      // systemd's own lines about a run that finds nothing would fill the journal.
      LogLevelMax: "notice",
      Nice: 19,
      IOSchedulingClass: "idle",
      NoNewPrivileges: true,
      ProtectSystem: "strict",
      ReadWritePaths: [directories.state, "/run/lock"],
      ProtectHome: true,
      PrivateTmp: true,
      PrivateDevices: true,
      ProtectKernelModules: true,
      ProtectKernelTunables: true,
      ProtectControlGroups: true,
      RestrictAddressFamilies: "AF_INET AF_UNIX",
      MemoryDenyWriteExecute: true,
      RestrictSUIDSGID: true,
      LockPersonality: true,
    },
  });

export const driftTimer = (): string =>
  renderUnit({
    Unit: { Description: "looks every five minutes whether somebody has changed what hardway wrote" },
    Timer: { Unit: driftUnits.service, OnBootSec: "2min", OnUnitActiveSec: "5min", AccuracySec: "30s" },
    Install: { WantedBy: "timers.target" },
  });
