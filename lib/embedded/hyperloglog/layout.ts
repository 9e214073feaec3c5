/*
 * A HyperLogLog is a string, so that GET, SET and DUMP move it:
 *
 * | bytes | |
 * | --- | --- |
 * | 4 | `HYLL` |
 * | 1 | 0: all registers, 6 bits each; 1: runs of equal ones |
 * | 3 | 0 |
 * | 8 | the count, least significant byte first; its highest bit marks it as outdated |
 * | … | registers |
 */
export const MAGIC = 'HYLL'
export const ENCODING_AT = 4
export const CARDINALITY_AT = 8
export const HEADER_BYTES = 16

export const REGISTERS = 16384
export const REGISTER_BITS = 6
export const DENSE_BYTES: number = HEADER_BYTES + (REGISTERS * REGISTER_BITS) / 8

export const ENCODING = { dense: 0, sparse: 1 } as const
