//! A sub-site whose pages a test writes: what stands at an address, and what was asked when.
//!
//! Bodies have an ETag and answer 304 to it. What is not there is 404. [`page`] and [`list`] make pages as sub-sites
//! have them; the list declares its total.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{Response, StatusCode, header};
use menhu::model::Digest;
use tokio::task::JoinHandle;

/// What stands at an address.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    status: u16,
    kind: String,
    body: Vec<u8>,
    /// Where a redirect leads.
    to: Option<String>,
}

#[derive(Default)]
struct Shared {
    pages: Mutex<BTreeMap<String, Answer>>,
    hits: Mutex<Vec<(Instant, String)>>,
}

/// The sub-site; dropping it ends it.
pub(crate) struct Origin {
    address: SocketAddr,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

impl Drop for Origin {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Origin {
    /// On a free port of 127.0.0.1.
    pub(crate) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared::default());
        let router = Router::new().fallback(answer).with_state(shared.clone());
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address, shared, task }
    }

    /// `host:port`.
    pub(crate) fn host(&self) -> String {
        self.address.to_string()
    }

    /// An address on it.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Puts an HTML page at `path`.
    pub(crate) fn put(&self, path: &str, html: impl Into<Vec<u8>>) {
        self.put_as(path, 200, "text/html; charset=utf-8", html);
    }

    /// Puts an answer at `path`.
    pub(crate) fn put_as(&self, path: &str, status: u16, kind: &str, body: impl Into<Vec<u8>>) {
        let answer = Answer { status, kind: kind.into(), body: body.into(), to: None };
        self.shared.pages.lock().unwrap().insert(path.into(), answer);
    }

    /// Leads from `path` to another address.
    pub(crate) fn redirect(&self, path: &str, to: &str) {
        let answer = Answer { status: 302, kind: "text/html".into(), body: Vec::new(), to: Some(to.into()) };
        self.shared.pages.lock().unwrap().insert(path.into(), answer);
    }

    /// Takes a page away.
    pub(crate) fn remove(&self, path: &str) {
        self.shared.pages.lock().unwrap().remove(path);
    }

    /// A list at `/list.html` of these pages, by path and title, and the pages themselves.
    pub(crate) fn publish(&self, pages: &[(&str, &str, &str)]) {
        for (path, title, body) in pages {
            self.put(path, page(title, body));
        }
        self.relist(&pages.iter().map(|(path, title, _)| (*path, *title)).collect::<Vec<_>>());
    }

    /// The list alone.
    pub(crate) fn relist(&self, rows: &[(&str, &str)]) {
        self.put("/list.html", list(rows));
    }

    /// Paths that were asked, in order.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.shared.hits.lock().unwrap().iter().map(|(_, path)| path.clone()).collect()
    }

    /// Least time between two requests.
    pub(crate) fn least_gap(&self) -> Duration {
        let hits = self.shared.hits.lock().unwrap();
        hits.windows(2).map(|pair| pair[1].0 - pair[0].0).min().unwrap_or(Duration::MAX)
    }
}

async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Response<Body> {
    let path = request.uri().path().to_owned();
    shared.hits.lock().unwrap().push((Instant::now(), path.clone()));
    let found = shared.pages.lock().unwrap().get(&path).cloned();
    let Some(found) = found else {
        return Response::builder().status(StatusCode::NOT_FOUND).body(Body::from("404")).unwrap();
    };
    let tag = format!("\"{}\"", &Digest::of(&found.body).to_string()[..16]);
    if found.status == 200 && request.headers().get(header::IF_NONE_MATCH).is_some_and(|sent| *sent == *tag) {
        return Response::builder().status(StatusCode::NOT_MODIFIED).body(Body::empty()).unwrap();
    }
    let mut response = Response::builder().status(found.status).header(header::ETAG, tag);
    if !found.kind.is_empty() {
        response = response.header(header::CONTENT_TYPE, found.kind);
    }
    if let Some(to) = found.to {
        response = response.header(header::LOCATION, to);
    }
    response.body(Body::from(found.body)).unwrap()
}

/// An article as the field's systems write it.
pub(crate) fn page(title: &str, body: &str) -> String {
    format!(
        "<html><head><meta charset=\"utf-8\"><title>{title}</title><meta name=\"ArticleTitle\" content=\"{title}\">\
         <meta name=\"PubDate\" content=\"2021-04-02 09:30\"></head><body><div class=\"TRS_Editor\"><p>{body}</p>\
         <p>各县区人民政府，市政府各部门要按照要求认真做好相关工作。</p></div></body></html>"
    )
}

/// A list that declares its total.
pub(crate) fn list(rows: &[(&str, &str)]) -> String {
    let items: String = rows
        .iter()
        .map(|(path, title)| {
            format!("<li><a href=\"{path}\" title=\"{title}\">{title}</a><span>2021-04-02</span></li>")
        })
        .collect();
    format!(
        "<html><head><meta charset=\"utf-8\"></head><body><ul class=\"list\">{items}</ul><p>共{}条</p></body></html>",
        rows.len()
    )
}
