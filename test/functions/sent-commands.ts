import type { TcpProxy } from '../helpers/tcp-proxy.ts'

/** The commands that went through a proxy, each as its arguments, the first in small letters; one list a connection. */
export function sentCommands(proxy: TcpProxy): string[][][] {
  return [...proxy.connections].map(({ sent }) => parse(Buffer.from(sent, 'latin1')))
}

/** The transactions among them that do not only wake a reader. */
export function sentTransactions(proxy: TcpProxy): string[][][] {
  const transactions: string[][][] = []
  for (const commands of sentCommands(proxy)) {
    let open: string[][] | undefined
    for (const command of commands) {
      if (command[0] === 'multi') open = []
      open?.push(command)
      if (command[0] !== 'exec' || open === undefined) continue
      if (!open.every(([, key = ':wake:']) => key.includes(':wake:'))) transactions.push(open)
      open = undefined
    }
  }
  return transactions
}

function parse(bytes: Buffer): string[][] {
  const commands: string[][] = []
  let at = 0
  const line = (): string => {
    const end = bytes.indexOf('\r\n', at)
    const found = bytes.toString('utf8', at, end)
    at = end + 2
    return found
  }
  while (at < bytes.length) {
    const args: string[] = []
    for (let count = Number(line().slice(1)); count > 0; count--) {
      const length = Number(line().slice(1))
      args.push(bytes.toString('utf8', at, at + length))
      at += length + 2
    }
    commands.push([(args[0] ?? '').toLowerCase(), ...args.slice(1)])
  }
  return commands
}
