import { DEFAULTS, MIRROR_ADDRESS, toolPaths } from "../local";

const { arch } = toolPaths();
const KUBERNETES = `v${DEFAULTS.kubernetes}`;
const ETCD = `v${DEFAULTS.etcd}`;

/** Where the machines download the same files that `pulumi up` installs. */
export const KUBERNETES_URL = `http://${MIRROR_ADDRESS}/kubernetes/${KUBERNETES}/bin/linux/${arch}`;
/** Name of the archive without its suffix, and of the directory in it. */
export const ETCD_RELEASE = `etcd-${ETCD}-linux-${arch}`;
export const ETCD_URL = `http://${MIRROR_ADDRESS}/etcd/${ETCD}/${ETCD_RELEASE}.tar.gz`;
