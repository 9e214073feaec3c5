/** `count` different strings of `bytes` bytes, made beforehand, so that making them is not measured. */
export function strings(bytes: number, count: number): (n: number) => string {
  const made = Array.from({ length: count }, (_, n) => `${n}:`.padEnd(bytes, 'x'))
  return (n) => made[n % count]!
}
