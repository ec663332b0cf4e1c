import { authorities, AuthorityName } from "../../node/certificates";
import { Authority } from "./Authority";
import { Lifetimes } from "./lifetimes";

export type Authorities = Record<AuthorityName, Authority>;

/** Makes the certificate authorities of a cluster. Each is self-signed, so none accepts the certificates of another. */
export function makeAuthorities(lifetimes: Lifetimes): Authorities {
  const make = (name: AuthorityName) => {
    const { commonName } = authorities[name];
    return new Authority(commonName, { commonName, lifetimes });
  };
  return { kubernetes: make("kubernetes"), etcd: make("etcd"), frontProxy: make("frontProxy") };
}
