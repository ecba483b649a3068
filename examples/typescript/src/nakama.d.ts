// What these modules use of Nakama's runtime; a project takes the types that Heroic Labs publishes.
declare namespace nkruntime {
  interface Context {
    userId: string;
    username: string;
  }

  interface Logger {
    info(format: string, ...args: any[]): void;
    error(format: string, ...args: any[]): void;
  }

  interface HttpResponse {
    code: number;
    headers: { [name: string]: string[] };
    body: string;
  }

  interface User {
    userId: string;
    username: string;
    metadata: { [name: string]: any };
  }

  interface Nakama {
    accountGetId(userId: string): { user: User };
    accountUpdateId(
      userId: string, username: string | null, displayName: string | null, timezone: string | null,
      location: string | null, langTag: string | null, avatarUrl: string | null, metadata: object
    ): void;
    httpRequest(
      url: string, method: string, headers?: { [name: string]: string }, body?: string
    ): HttpResponse;
    notificationSend(
      userId: string, subject: string, content: { [name: string]: any }, code: number,
      senderId?: string | null, persistent?: boolean
    ): void;
    usersGetId(userIds: string[]): User[];
  }

  type RpcFunction = (
    ctx: Context, logger: Logger, nk: Nakama, payload: string
  ) => string | void;

  interface Initializer {
    registerRpc(id: string, fn: RpcFunction): void;
  }
}
