import { MIRROR_ADDRESS } from "../local/cloud/addresses";
import { ETCD_VERSION, KUBERNETES_VERSION, toolPaths } from "../local/tools";

const { arch } = toolPaths();

/** Where the machines fetch what `pulumi up` installs too. */
export const KUBERNETES_URL = `http://${MIRROR_ADDRESS}/kubernetes/${KUBERNETES_VERSION}/bin/linux/${arch}`;
/** The archive's directory is named like it. */
export const ETCD_RELEASE = `etcd-${ETCD_VERSION}-linux-${arch}`;
export const ETCD_URL = `http://${MIRROR_ADDRESS}/etcd/${ETCD_VERSION}/${ETCD_RELEASE}.tar.gz`;
