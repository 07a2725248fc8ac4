//! Builds the program from its settings, puts its routes together, and serves until told to stop.

use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderName, HeaderValue, header};
use axum::{Extension, Router, middleware};
use tokio::net::TcpListener;
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::set_header::SetResponseHeaderLayer;
use utoipa_axum::router::OpenApiRouter;

use crate::access::token::Tokens;
use crate::attendance::CheckInWriter;
use crate::calendar::feeds::{self, Feeds};
use crate::clock::Clock;
use crate::config::Config;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::notify::Mailer;
use crate::state::{App, Mode, Parts};
use crate::traffic::Traffic;
use crate::view::Views;
use crate::web::{boundary, openapi};
use crate::{
    access, attendance, calendar, directory, exam, import, jobs, notify, outbox, outreach, planning, report,
    scheduling, web,
};

/// Opens and migrates the database and puts the program together.
pub async fn build(config: Config, clock: Arc<dyn Clock>, mode: Mode) -> Result<App> {
    let db = Db::connect(&config.database.url, config.database.max_connections).await?;
    db.migrate().await?;
    build_on(db, config, clock, mode)
}

/// The same on a database that is open and up to date.
pub fn build_on(db: Db, config: Config, clock: Arc<dyn Clock>, mode: Mode) -> Result<App> {
    web::health::start_counting()?;
    let kinds = config.event_kinds().map_err(Error::internal)?;
    let observances = config.yearly_observances().map_err(Error::internal)?;
    let mailer = match mode {
        Mode::Normal => Mailer::new(&config.mail),
        Mode::Demo => Mailer::demo(&config.mail),
    };
    let mailer = mailer.map_err(|why| Error::internal(format!("configuration: {why}")))?;
    let ground = feeds::Ground {
        kinds: kinds.clone(),
        lang: config.locale.default,
        zone: config.zone(),
        public_url: config.public_url(),
        calendar: config.calendar.clone(),
    };
    Ok(App::new(Parts {
        check_ins: CheckInWriter::start(db.clone(), kinds.clone()),
        feeds: Feeds::start(db.clone(), ground, u64::from(config.calendar.cache_mb) * 1_048_576),
        db,
        kinds,
        observances,
        clock,
        mailer,
        views: Views::load()?,
        mailbox: notify::mailbox::Contact::default(),
        tokens: Tokens::default(),
        traffic: Traffic::default(),
        registrations: web::Throttle::default(),
        signing_key: tokio::sync::OnceCell::new(),
        mode,
        config,
    }))
}

/// Every route.
pub fn router(app: App) -> Router {
    let policy = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";
    let pages = Router::new()
        .merge(access::pages::routes())
        .merge(attendance::pages::routes())
        .merge(calendar::pages::routes())
        .merge(calendar::feeds::pages::routes())
        .merge(calendar::help::pages::routes())
        .merge(calendar::why::pages::routes())
        .merge(scheduling::pages::routes())
        .merge(notify::pages::routes())
        .merge(notify::desk::pages::routes())
        .merge(planning::pages::routes())
        .merge(directory::pages::routes())
        .merge(report::pages::routes())
        .merge(web::settings::routes())
        .fallback(web::not_found)
        .layer(CatchPanicLayer::custom(boundary::panicked))
        .layer(middleware::from_fn_with_state(app.clone(), web::show_problems))
        .layer(set_header(header::CONTENT_SECURITY_POLICY, policy))
        .layer(set_header(header::REFERRER_POLICY, "same-origin"));
    let limit = app.config.server.body_limit;
    Router::new()
        .merge(web::assets::routes())
        .merge(web::health::routes())
        .merge(pages)
        .nest(openapi::PREFIX, api_routes(&app.config))
        .layer(
            // One stack, outermost first: each layer of a router by itself is a box more for every request.
            ServiceBuilder::new()
                .layer(middleware::from_fn(boundary::watch))
                .layer(set_header(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
                .layer(CompressionLayer::new().gzip(true))
                .layer(middleware::from_fn_with_state(app.clone(), boundary::limit))
                .layer(DefaultBodyLimit::max(limit))
                .layer(CatchPanicLayer::custom(boundary::panicked)),
        )
        .merge(calendar::feed::routes())
        .with_state(app)
}

/// What stands under /api/v1; each room adds its line.
fn api(config: &Config) -> OpenApiRouter<App> {
    openapi::routes()
        .merge(scheduling::api::routes())
        .merge(scheduling::holidays::api::routes())
        .merge(scheduling::answer::api::routes())
        .merge(scheduling::reach::api::routes())
        .merge(attendance::api::routes())
        .merge(report::api::routes())
        .merge(import::api::routes(config))
        .merge(outreach::api::routes())
        .merge(exam::api::routes())
        .merge(planning::template::api::routes())
        .merge(outbox::api::routes())
}

fn api_routes(config: &Config) -> Router<App> {
    let document = openapi::Document::of(api(config)).expect("a document made of strings and maps becomes JSON");
    Router::from(api(config))
        .fallback(web::not_found)
        .method_not_allowed_fallback(boundary::method_not_allowed)
        .layer(Extension(document))
}

fn set_header(name: HeaderName, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
}

/// Listens and serves until the process is told to stop, then lets running requests end.
pub async fn serve(app: App, listener: TcpListener) -> Result<()> {
    let jobs = jobs::start(&app).await?;
    let service = router(app.clone()).into_make_service_with_connect_info::<std::net::SocketAddr>();
    let stopping = jobs.stopping();
    // Mails under way and requests under way end side by side.
    let stopped = async move {
        stopped().await;
        stopping.cancel();
    };
    axum::serve(listener, service).with_graceful_shutdown(stopped).await.map_err(Error::internal)?;
    jobs.stop().await?;
    jobs::write_fetches(&app).await
}

async fn stopped() {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate()).ok();
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = async { match &mut terminate { Some(signal) => { signal.recv().await; } None => std::future::pending().await } } => {}
    }
}
