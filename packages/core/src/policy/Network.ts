/**
 * IP networks as the bits that they fix, the family first: a network lies inside another exactly when its bits begin
 * with the other's, and an address is a network of itself alone.
 */
import * as IpNetwork from "effect/net/IpNetwork"
import * as NetAddress from "effect/net/NetAddress"
import * as Option from "effect/Option"
import * as Result from "effect/Result"

/** `4` or `6` and then ones and zeros. */
export type Network = string

/**
 * Reads CIDR notation in its one canonical spelling: host bits zero, written as RFC 5952 writes it, so that equal
 * networks are equal text.
 *
 * An IPv4-mapped network is refused: requests count such addresses as IPv4, so it would never match.
 */
export const read = (text: string): Option.Option<Network> =>
  Option.flatMap(Result.getSuccess(IpNetwork.fromString(text)), (network) => {
    const { address, prefixLength } = network
    const isMapped = NetAddress.isIpv6Address(address) && prefixLength >= 96 && NetAddress.isIpv4Mapped(address)
    return IpNetwork.format(network) === text && !isMapped
      ? Option.some(bits(address).slice(0, 1 + prefixLength))
      : Option.none()
  })

/** Reads a network that a schema has read before; anything else is a defect, never a network left out. */
export const readUnsafe = (text: string): Network => Option.getOrThrow(read(text))

/** Reads an address; an IPv4-mapped one is the IPv4 address that it carries (RFC 4291 §2.5.5.2). */
export const readAddress = (text: string): Option.Option<Network> =>
  Option.map(Result.getSuccess(NetAddress.ipFromString(text)), (address) => bits(NetAddress.toCanonical(address)))

export const isInside = (inner: Network, outer: Network): boolean => inner.startsWith(outer)

const bits = (address: NetAddress.IpAddress): Network => {
  const octets = NetAddress.isIpv4Address(address) ? NetAddress.ipv4ToOctets(address) : NetAddress.ipv6ToOctets(address)
  const family = NetAddress.isIpv4Address(address) ? "4" : "6"
  return family + octets.map((octet) => octet.toString(2).padStart(8, "0")).join("")
}
