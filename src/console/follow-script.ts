/**
 * The one script of the console: what is under way (`data-follow`, in seconds) is fetched again and put in its place, without a jump of the page;
 * once it has ended, the page is loaded anew. Without scripts the page reloads by itself.
 */
export const followScript = `
(() => {
  const look = async () => {
    const shown = document.querySelector('[data-follow]');
    if (!shown) return;
    try {
      const answer = await fetch(location.href, { headers: { accept: 'text/html' }, cache: 'no-store' });
      if (answer.ok && !answer.redirected) {
        const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
        const fresh = page.getElementById(shown.id);
        if (fresh && !fresh.dataset.follow) return location.replace(location.pathname);
        if (fresh) shown.replaceWith(document.importNode(fresh, true));
      }
    } catch {}
    next();
  };
  const next = () => {
    const shown = document.querySelector('[data-follow]');
    if (shown) setTimeout(look, Number(shown.dataset.follow) * 1000);
  };
  next();
})();
`;
