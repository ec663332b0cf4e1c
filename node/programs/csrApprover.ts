import { readFileSync } from "fs";
import { join } from "path";
import { KUBELET_CSR_APPROVER_USER, WORKERS_CONFIG_MAP } from "../identities";
import { directories, paths, users } from "../layout";
import { hardening, renderUnit, RESTARTS_WITHOUT_LIMIT } from "../render/unit";

/** Approves kubelets' requests for serving certificates, in bash. It runs kubectl and openssl. */
export const csrApproverScript = (): string =>
  ["kubelet-csr-check.sh", "kubelet-csr-approver.sh"]
    .map((name) => readFileSync(join(__dirname, name), "utf8"))
    .join("\n");

/** The directory in /run of the unit. */
const RUNTIME = "kubelet-csr-approver";

/** Shell command that succeeds once the API has accepted the program's certificate. */
export const CSR_APPROVER_CHECK = `[ -e /run/${RUNTIME}/connected ]`;

/** It may execute the distribution's programs, because it is a shell script. */
export const csrApproverUnit = (): string =>
  renderUnit({
    Unit: {
      Description: "Approver of kubelets' serving certificates",
      After: "network-online.target kube-apiserver.service",
      Wants: "network-online.target",
      ...RESTARTS_WITHOUT_LIMIT,
    },
    Service: {
      User: users.csrApprover,
      Environment: [
        `KUBECONFIG=${paths.csrApproverKubeconfig}`,
        `APPROVER=${KUBELET_CSR_APPROVER_USER}`,
        `WORKERS=${WORKERS_CONFIG_MAP}`,
      ],
      ExecStart: paths.csrApproverScript,
      Restart: "always",
      RestartSec: 2,
      RuntimeDirectory: RUNTIME,
      RuntimeDirectoryMode: "0700",
      ...hardening({
        code: [paths.csrApproverScript, "/usr/bin", "/usr/lib", directories.releases],
        reads: [directories.kubernetes],
        hidden: ["/etc/etcd"],
        loopbackOnly: true,
      }),
    },
    Install: { WantedBy: "multi-user.target" },
  });
