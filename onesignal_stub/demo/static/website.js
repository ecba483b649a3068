// The website's own code, as on any site that an app shows: the app gives it `gonative`.

/** The app calls this after every page load, and when its device has changed. */
function gonative_onesignal_info(info) {
  document.getElementById("info").textContent = JSON.stringify(info, null, 2);
}

function showAccount(account) {
  document.getElementById("login").hidden = account !== null;
  document.getElementById("player").hidden = account === null;
  document.getElementById("account").textContent = account ?? "";
}

async function attempt(action) {
  const problem = document.getElementById("problem");
  problem.textContent = "";
  try {
    await action();
  } catch (error) {
    problem.textContent = error.message;
  }
}

document.getElementById("login").addEventListener("submit", (event) => {
  event.preventDefault();
  const account = new FormData(event.target).get("account");
  attempt(async () => {
    await window.gonative.onesignal.externalUserId.set({ externalId: account });
    showAccount(account);
  });
});

document.getElementById("logout").addEventListener("click", () => attempt(async () => {
  await window.gonative.onesignal.externalUserId.remove();
  showAccount(null);
}));
