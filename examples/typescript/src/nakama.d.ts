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

  interface StorageReadRequest {
    collection: string;
    key: string;
    userId?: string;
  }

  interface StorageObject {
    value: { [name: string]: any };
    version: string;
  }

  interface StorageWriteRequest extends StorageReadRequest {
    value: { [name: string]: any };
    version?: string;
    permissionRead?: 0 | 1 | 2;
    permissionWrite?: 0 | 1;
  }

  interface StorageDeleteRequest extends StorageReadRequest {
    version?: string;
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
    storageDelete(objects: StorageDeleteRequest[]): void;
    storageRead(objects: StorageReadRequest[]): StorageObject[];
    storageWrite(objects: StorageWriteRequest[]): { version: string }[];
    usersGetId(userIds: string[]): User[];
  }

  type RpcFunction = (
    ctx: Context, logger: Logger, nk: Nakama, payload: string
  ) => string | void;

  interface Initializer {
    registerRpc(id: string, fn: RpcFunction): void;
  }
}
