"""The PostgreSQL database in which server modules run SQL, where `database.address` names one."""
